// CharterStore: what outlives a process, in SQLite.
//
// Flows in:  keys that operators are given, and layers that users have set.
// Flows out: which operator a key is of, and the layer of a user.
//
// Secrets and ids of users go in as keyed hashes (HMAC-SHA256): who has the file alone can neither use a
// key nor tell whose layer it is. Writes are on disk before they are acknowledged.
