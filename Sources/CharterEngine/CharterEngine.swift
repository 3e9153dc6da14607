// CharterEngine
