package postgis

// commentSQL brings a database of version 3 to version 4: every column of Wanmi's own tables says what it holds.
const commentSQL = `
COMMENT ON COLUMN wanmi.migration.version IS '版本号 · Version';
COMMENT ON COLUMN wanmi.migration.note IS '内容 · What it brought';
COMMENT ON COLUMN wanmi.migration.applied_at IS '完成时间 · When the database came to it';

COMMENT ON COLUMN wanmi.state.name IS '名称：generation 数据版本，seq 变更序号，batch 批次号 · generation, seq (of change_log) or batch (of import_batch)';
COMMENT ON COLUMN wanmi.state.value IS '当前值 · The last number given';

COMMENT ON COLUMN wanmi.counter.name IS '流水号名称，如 component/370883/01001 · Name, as component/370883/01001: county and class';
COMMENT ON COLUMN wanmi.counter.value IS '已用到的号 · The last number given';

COMMENT ON COLUMN wanmi.access_key.id IS '密钥编号 · Number of the key, no secret';
COMMENT ON COLUMN wanmi.access_key.name IS '使用者 · Whom it was made for';
COMMENT ON COLUMN wanmi.access_key.role IS '角色 · Role: viewer, surveyor, editor or admin';
COMMENT ON COLUMN wanmi.access_key.hash IS '密钥摘要 · SHA-256 of the secret, hexadecimal';
COMMENT ON COLUMN wanmi.access_key.created_at IS '创建时间 · When it was made';
COMMENT ON COLUMN wanmi.access_key.revoked_at IS '停用时间 · When it was revoked; NULL: valid';
COMMENT ON COLUMN wanmi.access_key.last_used IS '最近使用（到小时） · When it was last used, to the hour';

COMMENT ON COLUMN wanmi.import_batch.id IS '批次号 · Number of the import';
COMMENT ON COLUMN wanmi.import_batch.layer IS '图层 · Layer';
COMMENT ON COLUMN wanmi.import_batch.source IS '来源 · Which delivery: what the next one of the same name replaces';
COMMENT ON COLUMN wanmi.import_batch.files IS '文件 · Names of the files, a JSON array';
COMMENT ON COLUMN wanmi.import_batch.actor IS '操作者 · Who';
COMMENT ON COLUMN wanmi.import_batch.started_at IS '开始时间 · When it began';
COMMENT ON COLUMN wanmi.import_batch.committed_at IS '提交时间 · When it was committed';
COMMENT ON COLUMN wanmi.import_batch.added IS '新增数 · Features added';
COMMENT ON COLUMN wanmi.import_batch.moved IS '移位数 · Features moved';
COMMENT ON COLUMN wanmi.import_batch.changed IS '变更数 · Features with other values';
COMMENT ON COLUMN wanmi.import_batch.removed IS '移除数 · Features removed';
COMMENT ON COLUMN wanmi.import_batch.unchanged IS '未变数 · Features delivered as they stood';
COMMENT ON COLUMN wanmi.import_batch.rejected IS '退回数 · Rows refused';
COMMENT ON COLUMN wanmi.import_batch.status IS '状态 · committed, rolled_back or rejected';
COMMENT ON COLUMN wanmi.import_batch.profile IS '字段对应（YAML） · Which column was which field, as YAML';
COMMENT ON COLUMN wanmi.import_batch.token IS '外部标识 · What the importing program knows it by';

COMMENT ON COLUMN wanmi.import_rejected.id IS '序号 · Number of the row';
COMMENT ON COLUMN wanmi.import_rejected.batch IS '批次号 · Import (import_batch.id)';
COMMENT ON COLUMN wanmi.import_rejected.file IS '文件 · File';
COMMENT ON COLUMN wanmi.import_rejected.line IS '行号 · Row in the file';
COMMENT ON COLUMN wanmi.import_rejected.field IS '字段 · Field at fault';
COMMENT ON COLUMN wanmi.import_rejected.value IS '取值 · Its value';
COMMENT ON COLUMN wanmi.import_rejected.rule IS '规则 · Rule it broke';
COMMENT ON COLUMN wanmi.import_rejected.reason IS '原因（英文） · Why, in English';
COMMENT ON COLUMN wanmi.import_rejected.reason_zh IS '原因（中文） · Why, in Chinese';
COMMENT ON COLUMN wanmi.import_rejected.raw IS '原始记录（JSON） · The row as delivered, JSON';

COMMENT ON COLUMN wanmi.grid_lineage.id IS '序号 · Number of the row';
COMMENT ON COLUMN wanmi.grid_lineage.from_code IS '原网格代码，空为新设 · Former unit grid; empty: new ground';
COMMENT ON COLUMN wanmi.grid_lineage.to_code IS '现网格代码，空为作废 · Unit grid that came of it; empty: none';
COMMENT ON COLUMN wanmi.grid_lineage.why IS '缘由 · Why';
COMMENT ON COLUMN wanmi.grid_lineage.at IS '时间 · When';

COMMENT ON COLUMN wanmi.change_log.seq IS '变更序号 · Number of the change, without gaps';
COMMENT ON COLUMN wanmi.change_log.gen IS '数据版本 · Generation the write made';
COMMENT ON COLUMN wanmi.change_log.layer IS '图层 · Layer';
COMMENT ON COLUMN wanmi.change_log.key IS '标识，整层变更时为空 · Key of the feature; empty for a reload';
COMMENT ON COLUMN wanmi.change_log.op IS '操作：reload 为整层 · insert, update, delete, or reload: many rows of the layer';
COMMENT ON COLUMN wanmi.change_log.old_min_x IS '原范围西 · West of what it was, degrees';
COMMENT ON COLUMN wanmi.change_log.old_min_y IS '原范围南 · South of what it was, degrees';
COMMENT ON COLUMN wanmi.change_log.old_max_x IS '原范围东 · East of what it was, degrees';
COMMENT ON COLUMN wanmi.change_log.old_max_y IS '原范围北 · North of what it was, degrees';
COMMENT ON COLUMN wanmi.change_log.new_min_x IS '现范围西 · West of what it is, degrees';
COMMENT ON COLUMN wanmi.change_log.new_min_y IS '现范围南 · South of what it is, degrees';
COMMENT ON COLUMN wanmi.change_log.new_max_x IS '现范围东 · East of what it is, degrees';
COMMENT ON COLUMN wanmi.change_log.new_max_y IS '现范围北 · North of what it is, degrees';
COMMENT ON COLUMN wanmi.change_log.actor IS '操作者 · Who';
COMMENT ON COLUMN wanmi.change_log.source IS '来源 · From what: a delivery, api, grid build';
COMMENT ON COLUMN wanmi.change_log.batch IS '批次号 · Import (import_batch.id); NULL: none';
COMMENT ON COLUMN wanmi.change_log.at IS '时间 · When';

COMMENT ON COLUMN wanmi.feature_history.id IS '序号 · Number of the row';
COMMENT ON COLUMN wanmi.feature_history.layer IS '图层 · Layer';
COMMENT ON COLUMN wanmi.feature_history.key IS '当时的标识 · Key it had';
COMMENT ON COLUMN wanmi.feature_history.feature IS '要素序号 · fid of the feature';
COMMENT ON COLUMN wanmi.feature_history.rev IS '该版本的变更序号，删除时为删除的序号 · Change that made this version; of a deletion, the one that deleted it';
COMMENT ON COLUMN wanmi.feature_history.op IS '类别：空为旧版本 · Empty: a former version; delete: its end; assign: only some fields are kept';
COMMENT ON COLUMN wanmi.feature_history.shape IS '图形，CGCS2000 经纬度 · Shape, CGCS2000 longitude and latitude';
COMMENT ON COLUMN wanmi.feature_history.fields IS '字段值（JSON） · Values of the fields, JSON';

COMMENT ON COLUMN wanmi.feature_renamed.id IS '序号 · Number of the row';
COMMENT ON COLUMN wanmi.feature_renamed.layer IS '图层 · Layer';
COMMENT ON COLUMN wanmi.feature_renamed.old_key IS '曾用编码 · Former key';
COMMENT ON COLUMN wanmi.feature_renamed.new_key IS '改用编码 · Key it got instead';
COMMENT ON COLUMN wanmi.feature_renamed.feature IS '要素序号 · fid of the feature';
COMMENT ON COLUMN wanmi.feature_renamed.rev IS '变更序号 · Number of the change (change_log.seq)';
COMMENT ON COLUMN wanmi.feature_renamed.at IS '时间 · When';

COMMENT ON COLUMN wanmi.feature_origin.id IS '序号 · Number of the row';
COMMENT ON COLUMN wanmi.feature_origin.batch IS '批次号 · Import (import_batch.id)';
COMMENT ON COLUMN wanmi.feature_origin.layer IS '图层 · Layer';
COMMENT ON COLUMN wanmi.feature_origin.first IS '首个要素序号 · fid of the first feature';
COMMENT ON COLUMN wanmi.feature_origin.last IS '末个要素序号 · fid of the last feature';
COMMENT ON COLUMN wanmi.feature_origin.file IS '文件 · File';
COMMENT ON COLUMN wanmi.feature_origin.line IS '首个要素的行号 · Row of the first feature; the next ones follow';

COMMENT ON COLUMN wanmi.proposal.id IS '建议号 · Number of the proposal';
COMMENT ON COLUMN wanmi.proposal.layer IS '图层 · Layer';
COMMENT ON COLUMN wanmi.proposal.key IS '标识 · Key of the feature';
COMMENT ON COLUMN wanmi.proposal.op IS '操作 · insert, update or delete';
COMMENT ON COLUMN wanmi.proposal.rev IS '所依据的变更序号 · Revision of the row it was made for; 0: new';
COMMENT ON COLUMN wanmi.proposal.body IS '内容（JSON） · What is to be, JSON as it was sent';
COMMENT ON COLUMN wanmi.proposal.actor IS '提出者 · Who proposed it';
COMMENT ON COLUMN wanmi.proposal.at IS '提出时间 · When';
COMMENT ON COLUMN wanmi.proposal.state IS '状态 · open, approved or rejected';
COMMENT ON COLUMN wanmi.proposal.decided_by IS '审定者 · Who decided';
COMMENT ON COLUMN wanmi.proposal.decided_at IS '审定时间 · When that was';
COMMENT ON COLUMN wanmi.proposal.why IS '意见 · What was said to it';
`
