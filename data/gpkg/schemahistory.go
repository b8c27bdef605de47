package gpkg

// historySQL brings a file of version 1 to version 2.
const historySQL = `
CREATE INDEX feature_history_feature ON feature_history(layer, feature);
ALTER TABLE import_batch ADD COLUMN token TEXT NOT NULL DEFAULT '';
CREATE TABLE feature_renamed (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, layer TEXT NOT NULL, old_key TEXT NOT NULL, new_key TEXT NOT NULL,
  feature INTEGER NOT NULL, rev INTEGER NOT NULL, at DATETIME NOT NULL);
CREATE INDEX feature_renamed_key ON feature_renamed(layer, old_key);
CREATE TABLE feature_origin (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, batch INTEGER NOT NULL REFERENCES import_batch(id), layer TEXT NOT NULL,
  first INTEGER NOT NULL, last INTEGER NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL);
CREATE INDEX feature_origin_first ON feature_origin(batch, layer, first);
CREATE TABLE proposal (
  id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, layer TEXT NOT NULL, key TEXT NOT NULL, op TEXT NOT NULL, rev INTEGER NOT NULL,
  body TEXT NOT NULL, actor TEXT NOT NULL, at DATETIME NOT NULL, state TEXT NOT NULL, decided_by TEXT NOT NULL DEFAULT '',
  decided_at DATETIME, why TEXT NOT NULL DEFAULT '');
CREATE INDEX proposal_state ON proposal(state);
`

// extentSQL brings a file of version 2 to version 3.
const extentSQL = `
ALTER TABLE import_batch ADD COLUMN extent TEXT NOT NULL DEFAULT '';
ALTER TABLE import_batch ADD COLUMN surveyed DATE;
`
