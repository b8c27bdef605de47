package feedback

import (
	"context"
	"fmt"
	"strings"

	"wanmi/cmd/wanmi/internal/city"
	"wanmi/geocode/text"
)

// Conflict is a reason not to learn something. It can be overruled with force.
type Conflict struct {
	Code   string `json:"code"` // name.vague, name.absent, name.official, name.address, name.taught, name.disputed, place.far, answer.right
	Text   string `json:"text"`
	TextZh string `json:"text_zh"`
	With   string `json:"with,omitempty"` // the stored place or the correction it contradicts, as poi:p12, feedback:7
}

// Distances that tell two places apart.
const (
	samePlaceM = 50.0  // corrections of the same words so near to each other agree
	shadowM    = 150.0 // an address so near to the point is the place meant
	aliasM     = 200.0 // a place may be the one meant by a point so near to it
)

// conflicts says what speaks against teaching l.
func (r *review) conflicts(ctx context.Context, it *Item, l Learn) ([]Conflict, error) {
	var out []Conflict
	say := func(code, with, en, zh string) {
		out = append(out, Conflict{Code: code, Text: en, TextZh: zh, With: with})
	}
	if r.view.Geo.Vague(l.Name) {
		say("name.vague", "", fmt.Sprintf("“%s” is too general: it fits many places", l.Name), fmt.Sprintf("“%s”太笼统，到处都可能这样说", l.Name))
	}
	if !strings.Contains(text.Fold(it.Text), text.Fold(l.Name)) {
		say("name.absent", "", fmt.Sprintf("“%s” does not stand in the text: its answer would stay as it is", l.Name), fmt.Sprintf("原文中没有“%s”，学习后该文字的定位不会改变", l.Name))
	}
	for _, b := range r.view.Geo.Bearers(l.Name, l.point) {
		switch {
		case b.ID == l.Place, b.Local && b.DistanceM <= samePlaceM:
		case b.Local:
			say("name.taught", b.ID, fmt.Sprintf("“%s” was taught for a place %.0f m away already", l.Name, b.DistanceM), fmt.Sprintf("“%s”已学习为 %.0f 米外的地点", l.Name, b.DistanceM))
		case b.DistanceM <= shadowM:
			say("name.official", b.ID, fmt.Sprintf("“%s” is the name of %s here: correct its row rather than move it for one report", l.Name, b.Name),
				fmt.Sprintf("“%s”就是此处“%s”的名称：宜改正该地点的资料", l.Name, b.Name))
		default:
			say("name.official", b.ID, fmt.Sprintf("“%s” is the name of %s, %.0f m away", l.Name, b.Name, b.DistanceM), fmt.Sprintf("“%s”是 %.0f 米外“%s”的名称", l.Name, b.DistanceM, b.Name))
		}
	}
	if c, ok, err := r.address(ctx, l); err != nil {
		return nil, err
	} else if ok && len(out) == 0 {
		out = append(out, c)
	}
	others, err := r.alsoTeach(ctx, it.ID, l.Name)
	if err != nil {
		return nil, err
	}
	for _, o := range others {
		if d := metres(o.Point, it.Point); d > samePlaceM {
			say("name.disputed", fmt.Sprintf("feedback:%d", o.ID), fmt.Sprintf("correction %d wants the same words %.0f m away", o.ID, d), fmt.Sprintf("第 %d 号更正要把同样的用语指到 %.0f 米外", o.ID, d))
		}
	}
	if l.Place != "" {
		if b, err := r.view.Geo.Named(l.Place, l.point); err == nil && b.DistanceM > aliasM {
			say("place.far", l.Place, fmt.Sprintf("%s lies %.0f m from the point", b.Name, b.DistanceM), fmt.Sprintf("“%s”距更正点 %.0f 米", b.Name, b.DistanceM))
		}
	}
	return out, nil
}

// exactScore is what a place is scored that a text names without fault.
const exactScore = .88

// address tells when the words are an exact address somewhere else: a door, a crossing, a component.
func (r *review) address(ctx context.Context, l Learn) (Conflict, bool, error) {
	loc, err := r.view.Locate(ctx, city.LocateQuery{Text: l.Name})
	if err != nil || loc.Place == nil || loc.Score < exactScore || loc.Place.ID == l.Place {
		return Conflict{}, false, err
	}
	for _, f := range loc.Faults {
		if f.Cost > .03 { // an inexact reading is what corrections are for
			return Conflict{}, false, nil
		}
	}
	d := metres(loc.Place.Point, l.point)
	if d <= shadowM {
		return Conflict{}, false, nil
	}
	return Conflict{
		Code: "name.address", With: loc.Place.ID, Text: fmt.Sprintf("“%s” is exactly %s, %.0f m away", l.Name, loc.Place.Label, d),
		TextZh: fmt.Sprintf("“%s”准确对应 %.0f 米外的“%s”", l.Name, d, loc.Place.Label),
	}, true, nil
}
