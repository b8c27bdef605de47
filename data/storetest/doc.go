// Package storetest is the contract every store of Wanmi passes: what the rooms above rely on, said as tests.
//
// A store's own tests call [Run] with a function that opens an empty one. What only one kind of store has (files, locks,
// crashes) is tested beside that store.
package storetest
