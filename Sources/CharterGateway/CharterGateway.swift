// CharterGateway
