// Package storetest is the contract suite every store passes.
package storetest
