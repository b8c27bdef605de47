// Package together has what several ask for at once computed once, for all of them: tiles that are not in a cache, here and in package
// tables.
package together
