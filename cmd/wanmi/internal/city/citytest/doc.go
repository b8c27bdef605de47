// Package citytest makes a town of four cells for the tests of the rooms that
// need a whole city. It is no part of the program.
package citytest
