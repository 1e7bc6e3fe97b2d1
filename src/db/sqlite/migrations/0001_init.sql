-- Two keys: `key` is what the database joins on and never leaves src/db; `id` is the UUIDv7 that the world sees.
-- Times are milliseconds since 1970, UTC.

CREATE TABLE users (
	key INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	username TEXT NOT NULL UNIQUE,
	email TEXT NOT NULL,
	email_key TEXT NOT NULL UNIQUE, -- the e-mail as it is compared: lower-case
	password_hash TEXT NOT NULL,
	role TEXT NOT NULL DEFAULT 'user' CHECK (role IN ('user', 'admin')),
	display_name TEXT NOT NULL,
	display_name_key TEXT NOT NULL, -- the display name as it is searched: NFKC, lower-case
	bio TEXT NOT NULL DEFAULT '',
	avatar TEXT, -- file name
	followers_count INTEGER NOT NULL DEFAULT 0,
	following_count INTEGER NOT NULL DEFAULT 0,
	posts_count INTEGER NOT NULL DEFAULT 0, -- public posts only: a count must not tell of hidden ones
	created_at INTEGER NOT NULL,
	updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX users_display_name ON users (display_name_key);

CREATE TABLE sessions (
	key INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	user_key INTEGER NOT NULL REFERENCES users (key) ON DELETE CASCADE,
	created_at INTEGER NOT NULL,
	expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_user ON sessions (user_key);

-- Spent tokens stay until they expire: one that comes back ends its session.
CREATE TABLE refresh_tokens (
	hash BLOB PRIMARY KEY, -- SHA-256; the token itself is stored nowhere
	session_key INTEGER NOT NULL REFERENCES sessions (key) ON DELETE CASCADE,
	expires_at INTEGER NOT NULL,
	used_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_session ON refresh_tokens (session_key);

CREATE TABLE images (
	key INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE, -- file name
	thumbnail TEXT NOT NULL, -- file name
	owner_key INTEGER NOT NULL REFERENCES users (key) ON DELETE CASCADE,
	width INTEGER NOT NULL,
	height INTEGER NOT NULL,
	bytes INTEGER NOT NULL,
	placeholder TEXT NOT NULL, -- a ThumbHash as a data URL
	created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX images_owner ON images (owner_key);

-- Newest first is `key` descending: insertion order, which no clock can upset.
CREATE TABLE posts (
	key INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	author_key INTEGER NOT NULL REFERENCES users (key) ON DELETE CASCADE,
	title TEXT,
	content TEXT NOT NULL,
	image_key INTEGER REFERENCES images (key) ON DELETE SET NULL,
	image_alt TEXT,
	visibility TEXT NOT NULL CHECK (visibility IN ('public', 'followers', 'private')),
	like_count INTEGER NOT NULL DEFAULT 0,
	comment_count INTEGER NOT NULL DEFAULT 0,
	created_at INTEGER NOT NULL,
	edited_at INTEGER
) STRICT;
-- Covers what a feed needs to know of a post before it reads it.
CREATE INDEX posts_author ON posts (author_key, key, visibility);
CREATE INDEX posts_popular ON posts (like_count);
CREATE INDEX posts_image ON posts (image_key) WHERE image_key IS NOT NULL;

CREATE TABLE comments (
	key INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	post_key INTEGER NOT NULL REFERENCES posts (key) ON DELETE CASCADE,
	author_key INTEGER NOT NULL REFERENCES users (key) ON DELETE CASCADE,
	content TEXT NOT NULL,
	created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX comments_post ON comments (post_key);
CREATE INDEX comments_author ON comments (author_key);

CREATE TABLE likes (
	post_key INTEGER NOT NULL REFERENCES posts (key) ON DELETE CASCADE,
	user_key INTEGER NOT NULL REFERENCES users (key) ON DELETE CASCADE,
	created_at INTEGER NOT NULL,
	PRIMARY KEY (post_key, user_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX likes_newest ON likes (post_key, created_at, user_key);
CREATE INDEX likes_user ON likes (user_key);

CREATE TABLE follows (
	follower_key INTEGER NOT NULL REFERENCES users (key) ON DELETE CASCADE,
	following_key INTEGER NOT NULL REFERENCES users (key) ON DELETE CASCADE,
	created_at INTEGER NOT NULL,
	PRIMARY KEY (follower_key, following_key),
	CHECK (follower_key <> following_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX follows_following_newest ON follows (follower_key, created_at, following_key);
CREATE INDEX follows_followers_newest ON follows (following_key, created_at, follower_key);

-- Counters are kept here, where no code path can forget them: a cascade counts as well as a single delete.

CREATE TRIGGER likes_count_up AFTER INSERT ON likes BEGIN
	UPDATE posts SET like_count = like_count + 1 WHERE key = new.post_key;
END;
CREATE TRIGGER likes_count_down AFTER DELETE ON likes BEGIN
	UPDATE posts SET like_count = like_count - 1 WHERE key = old.post_key;
END;

CREATE TRIGGER comments_count_up AFTER INSERT ON comments BEGIN
	UPDATE posts SET comment_count = comment_count + 1 WHERE key = new.post_key;
END;
CREATE TRIGGER comments_count_down AFTER DELETE ON comments BEGIN
	UPDATE posts SET comment_count = comment_count - 1 WHERE key = old.post_key;
END;

CREATE TRIGGER follows_count_up AFTER INSERT ON follows BEGIN
	UPDATE users SET following_count = following_count + 1 WHERE key = new.follower_key;
	UPDATE users SET followers_count = followers_count + 1 WHERE key = new.following_key;
END;
CREATE TRIGGER follows_count_down AFTER DELETE ON follows BEGIN
	UPDATE users SET following_count = following_count - 1 WHERE key = old.follower_key;
	UPDATE users SET followers_count = followers_count - 1 WHERE key = old.following_key;
END;

CREATE TRIGGER posts_count_up AFTER INSERT ON posts WHEN new.visibility = 'public' BEGIN
	UPDATE users SET posts_count = posts_count + 1 WHERE key = new.author_key;
END;
CREATE TRIGGER posts_count_down AFTER DELETE ON posts WHEN old.visibility = 'public' BEGIN
	UPDATE users SET posts_count = posts_count - 1 WHERE key = old.author_key;
END;
CREATE TRIGGER posts_count_change AFTER UPDATE OF visibility ON posts BEGIN
	UPDATE users
	SET posts_count = posts_count + (new.visibility = 'public') - (old.visibility = 'public')
	WHERE key = new.author_key;
END;

-- Search reads its text from `posts`; the triggers keep the index in step with it.

CREATE VIRTUAL TABLE posts_fts USING fts5(
	title, content,
	content = 'posts', content_rowid = 'key', tokenize = 'unicode61 remove_diacritics 2'
);
-- Without this, deleted words stay readable in the index's own pages.
INSERT INTO posts_fts (posts_fts, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER posts_fts_insert AFTER INSERT ON posts BEGIN
	INSERT INTO posts_fts (rowid, title, content) VALUES (new.key, new.title, new.content);
END;
CREATE TRIGGER posts_fts_delete AFTER DELETE ON posts BEGIN
	INSERT INTO posts_fts (posts_fts, rowid, title, content) VALUES ('delete', old.key, old.title, old.content);
END;
CREATE TRIGGER posts_fts_update AFTER UPDATE OF title, content ON posts BEGIN
	INSERT INTO posts_fts (posts_fts, rowid, title, content) VALUES ('delete', old.key, old.title, old.content);
	INSERT INTO posts_fts (rowid, title, content) VALUES (new.key, new.title, new.content);
END;
