package postgis

// historySQL brings a database of version 1 to version 2.
const historySQL = `
CREATE INDEX feature_history_feature ON wanmi.feature_history (layer, feature);
ALTER TABLE wanmi.import_batch ADD COLUMN token text NOT NULL DEFAULT '';

CREATE TABLE wanmi.feature_renamed (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, layer text NOT NULL, old_key text NOT NULL, new_key text NOT NULL,
  feature bigint NOT NULL, rev bigint NOT NULL, at timestamptz(3) NOT NULL);
COMMENT ON TABLE wanmi.feature_renamed IS '曾用编码 · Former keys of features';
CREATE INDEX feature_renamed_key ON wanmi.feature_renamed (layer, old_key);

CREATE TABLE wanmi.feature_origin (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, batch bigint NOT NULL REFERENCES wanmi.import_batch(id), layer text NOT NULL,
  first bigint NOT NULL, last bigint NOT NULL, file text NOT NULL, line bigint NOT NULL);
COMMENT ON TABLE wanmi.feature_origin IS '来源行 · File and row each imported version came from: features first to last are rows line and on';
CREATE INDEX feature_origin_first ON wanmi.feature_origin (batch, layer, first);

CREATE TABLE wanmi.proposal (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, layer text NOT NULL, key text NOT NULL,
  op text NOT NULL CHECK (op IN ('insert', 'update', 'delete')), rev bigint NOT NULL, body text NOT NULL, actor text NOT NULL,
  at timestamptz(3) NOT NULL, state text NOT NULL CHECK (state IN ('open', 'approved', 'rejected')),
  decided_by text NOT NULL DEFAULT '', decided_at timestamptz(3), why text NOT NULL DEFAULT '');
COMMENT ON TABLE wanmi.proposal IS '变更建议 · Proposed changes';
CREATE INDEX proposal_state ON wanmi.proposal (state);
`

// extentSQL brings a database of version 2 to version 3.
const extentSQL = `
ALTER TABLE wanmi.import_batch ADD COLUMN extent text NOT NULL DEFAULT '', ADD COLUMN surveyed date;
COMMENT ON COLUMN wanmi.import_batch.extent IS '部分成果的范围 · The area a partial delivery covers, as stated';
COMMENT ON COLUMN wanmi.import_batch.surveyed IS '成果反映现状的日期 · The day the delivery shows';
`

// keptNumbersSQL brings a database of version 4 to version 5.
const keptNumbersSQL = `
CREATE TABLE wanmi.kept_number (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, import text NOT NULL, kind text NOT NULL CHECK (kind IN ('layer', 'counter')),
  name text NOT NULL, before bigint NOT NULL, last bigint NOT NULL);
COMMENT ON TABLE wanmi.kept_number IS '正在进行的导入预留的号 · Numbers that imports under way keep for themselves; of one that died they are given back';
COMMENT ON COLUMN wanmi.kept_number.id IS '序号 · Number of the row';
COMMENT ON COLUMN wanmi.kept_number.import IS '导入 · Which import, at random';
COMMENT ON COLUMN wanmi.kept_number.kind IS '种类 · layer: ids of its rows; counter: running numbers';
COMMENT ON COLUMN wanmi.kept_number.name IS '名称 · Name of the layer or counter';
COMMENT ON COLUMN wanmi.kept_number.before IS '预留前的末号 · The last number given before';
COMMENT ON COLUMN wanmi.kept_number.last IS '预留的末号 · The last number kept';
COMMENT ON COLUMN wanmi.change_log.seq IS '变更序号，递增，可有间断 · Number of the change; they grow, with gaps';
`
