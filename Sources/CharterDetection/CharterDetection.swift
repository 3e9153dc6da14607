// CharterDetection
