package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"wanmi/data/census"
)

func (a *app) cmdCensus() *cobra.Command {
	c := &cobra.Command{Use: "census", Short: "the checks of a census, and its acceptance by a sample"}
	c.AddCommand(a.cmdChecks(), a.cmdSample(), a.cmdAccept())
	return c
}

func (a *app) cmdChecks() *cobra.Command {
	var markdown string
	c := &cobra.Command{
		Use:   "checks",
		Short: "list the kinds of faults an import finds, and which --fix puts right",
		Example: `  wanmi census checks
  wanmi census checks --json`,
		Args: cobra.NoArgs,
		RunE: func(_ *cobra.Command, _ []string) error {
			if markdown != "" {
				_, err := fmt.Fprint(a.out, census.RulesMarkdown(markdown))
				return err
			}
			for _, r := range census.Rules() {
				fix := ""
				if r.FixEn != "" {
					fix = "\n    --fix: " + r.FixZh + " / " + r.FixEn
				}
				if err := a.result(r, "%-26s %-8s %s / %s%s", r.ID, r.Severity, r.Zh, r.En, fix); err != nil {
					return err
				}
			}
			return nil
		},
	}
	c.Flags().StringVar(&markdown, "markdown", "", "as a document, in zh or en")
	return c
}
