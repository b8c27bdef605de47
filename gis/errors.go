package gis

import (
	"context"
	"errors"
	"fmt"
)

// Kind says what sort of fault an error is; the edges (HTTP, command line) turn it into a status or an exit code.
type Kind uint8

// The kinds. Internal is the zero value: an error nobody gave a kind.
const (
	Internal    Kind = iota
	Invalid          // the request or the flags are wrong
	Rejected         // the input data was read and refused
	NotFound         // no such thing
	Conflict         // it is there already, or somebody else changed it
	Stale            // the If-Match precondition failed
	Denied           // no key, or one without the role
	TooLarge         // over a stated limit
	Unavailable      // a service it needs is away; try again
	Canceled         // the caller left
)

// Error carries a kind, a sentence fit for the public, and the private cause.
type Error struct {
	Kind Kind
	Msg  string
	Err  error // for the log only
}

// E returns an error of the kind whose public sentence is format with args. cause may be nil.
func E(k Kind, cause error, format string, args ...any) error {
	return &Error{Kind: k, Msg: fmt.Sprintf(format, args...), Err: cause}
}

// Error returns the public sentence and, after it, the cause.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Msg
	}
	return e.Msg + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the outermost [Error] in err's chain; Canceled for a context's end; Internal for any other.
func KindOf(err error) Kind {
	var e *Error
	switch {
	case errors.As(err, &e):
		return e.Kind
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return Canceled
	}
	return Internal
}

// Public returns the sentence that may be shown to anybody: that of the outermost [Error], or a general one.
func Public(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Msg
	}
	return "an internal error; the log has the details"
}
