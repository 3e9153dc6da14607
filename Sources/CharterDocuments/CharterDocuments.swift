// CharterDocuments
