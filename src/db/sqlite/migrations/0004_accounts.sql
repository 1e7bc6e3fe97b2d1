-- What somebody needs to recognise what is signed in as them.
ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN address TEXT NOT NULL DEFAULT ''; -- the network, not the address
ALTER TABLE sessions ADD COLUMN used_at INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET used_at = created_at;
CREATE INDEX sessions_expiry ON sessions (expires_at);

-- While an account waits to be approved; null for everybody else.
ALTER TABLE users ADD COLUMN pending_since INTEGER;
CREATE INDEX users_role ON users (role);

CREATE TABLE access_tokens (
	key INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	hash BLOB NOT NULL UNIQUE, -- SHA-256; the token itself is stored nowhere
	user_key INTEGER NOT NULL REFERENCES users (key) ON DELETE CASCADE,
	name TEXT NOT NULL,
	scope TEXT NOT NULL CHECK (scope IN ('read', 'write')),
	created_at INTEGER NOT NULL,
	expires_at INTEGER,
	used_at INTEGER
) STRICT;
CREATE INDEX access_tokens_user ON access_tokens (user_key);

-- Links that are good for one thing. Used and expired ones stay for a while: whoever comes late is told so.
CREATE TABLE links (
	key INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	hash BLOB NOT NULL UNIQUE, -- SHA-256
	purpose TEXT NOT NULL CHECK (purpose IN ('reset', 'invite', 'admin')),
	user_key INTEGER REFERENCES users (key) ON DELETE CASCADE, -- whose password a reset sets
	creator_key INTEGER REFERENCES users (key) ON DELETE CASCADE, -- null when the operator made it
	uses INTEGER NOT NULL DEFAULT 0,
	max_uses INTEGER NOT NULL,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX links_user ON links (user_key) WHERE user_key IS NOT NULL;
CREATE INDEX links_creator ON links (creator_key) WHERE creator_key IS NOT NULL;
CREATE INDEX links_expiry ON links (expires_at);

-- What happened to accounts. Ids and no names: of whoever is deleted nothing else is left.
CREATE TABLE audit (
	key INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	action TEXT NOT NULL,
	actor_id TEXT, -- null for strangers
	subject_id TEXT,
	address TEXT NOT NULL -- the network it came from; empty for the operator
) STRICT;
CREATE INDEX audit_action ON audit (action);
CREATE INDEX audit_actor ON audit (actor_id) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_subject ON audit (subject_id) WHERE subject_id IS NOT NULL;
CREATE INDEX audit_at ON audit (at);
