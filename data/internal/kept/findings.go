package kept

import (
	"fmt"

	"wanmi/gis"
)

// The findings of a store's own check that do not depend on how it keeps things.

// BadKey finds a row without a key, or with another than its made one.
func BadKey(l *gis.Layer, id int64, key string) gis.Finding {
	return gis.Finding{
		Rule: "store.key", Severity: gis.SeverityError, Layer: l.Name, Key: key,
		Text: fmt.Sprintf("row %d has the key %q", id, key), TextZh: fmt.Sprintf("第 %d 行的标识码为“%s”", id, key),
	}
}

// BadShape finds a shape that cannot be read, or is not of its layer's type.
func BadShape(l *gis.Layer, key string, why error) gis.Finding {
	return gis.Finding{
		Rule: "store.geometry", Severity: gis.SeverityError, Layer: l.Name, Key: key,
		Text: fmt.Sprintf("the shape of %s %s is wrong: %v", l.Name, key, why), TextZh: fmt.Sprintf("%s %s 的图形有误", l.Zh, key),
	}
}

// BadGeneration finds that the generation and the change log disagree: logged is the last of the log, steps how many it holds.
func BadGeneration(state, logged, steps int64) gis.Finding {
	return gis.Finding{
		Rule: "store.generation", Severity: gis.SeverityError,
		Text:   fmt.Sprintf("the generation is %d, the change log ends at %d and holds %d", state, logged, steps),
		TextZh: fmt.Sprintf("数据版本为 %d，变更日志止于 %d，共 %d 个版本", state, logged, steps),
	}
}

// BadRevision finds a row touched by a change the log does not have.
func BadRevision(l *gis.Layer, rev, seq int64) gis.Finding {
	return gis.Finding{
		Rule: "store.generation", Severity: gis.SeverityError, Layer: l.Name,
		Text:   fmt.Sprintf("%s has a row of revision %d, the change log ends at %d", l.Name, rev, seq),
		TextZh: fmt.Sprintf("%s的修订号 %d 超出变更日志 %d", l.Zh, rev, seq),
	}
}

// BadCounter finds a counter below a number in use. key is its name without the layer's.
func BadCounter(layer, key, name, used, value string) gis.Finding {
	return gis.Finding{
		Rule: "store.counter", Severity: gis.SeverityError, Layer: layer, Key: key,
		Text:   fmt.Sprintf("the counter %s is at %s, but the number %s is in use", name, value, used),
		TextZh: fmt.Sprintf("流水号 %s 为 %s，但 %s 已被使用", name, value, used),
	}
}

// BadBatch finds an import with counts or a state that cannot be.
func BadBatch(id, status string) gis.Finding {
	return gis.Finding{
		Rule: "store.batch", Severity: gis.SeverityError, Key: id,
		Text:   fmt.Sprintf("import %s (%s) has counts or a state that cannot be", id, status),
		TextZh: fmt.Sprintf("导入批次 %s（%s）的计数或状态有误", id, status),
	}
}

// A Placing is a field of components that names a row of another layer.
type Placing struct{ Rule, Field, Layer, zh string }

// Placings are the fields a store's check follows, where the other layer is filled at all.
var Placings = []Placing{
	{"store.grid", "grid_code", "unit_grid", "单元网格"},
	{"store.community", "community_code", "community", "社区"},
}

// Astray finds a component that names a row there is none of.
func (p Placing) Astray(component, named string) gis.Finding {
	return gis.Finding{
		Rule: p.Rule, Severity: gis.SeverityWarning, Layer: "component", Key: component,
		Text:   fmt.Sprintf("component %s lies in the %s %s, which is not there", component, p.Layer, named),
		TextZh: fmt.Sprintf("部件 %s 所在%s %s 不存在", component, p.zh, named),
	}
}
