// CharterServer
