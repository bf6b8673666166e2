/*
Package survival shows that both clients come through whatever a network or a
server does to them. It has tests only, and uses the clients as a program would:
through their public API, against package ceffutest and package celcointest, or
against a server that sends any bytes whatever.

# The table

TestEveryFaultInEveryCallComesToItsExpectedEnd crosses faults of every kind that
the simulators know, and connections that do not come about, with every public
call but the two of a transaction's status (Ceffu's resend; Celcoin's token, before
a count and before a replay; count, list, iteration, replay, and replay at least
once) and with three ways to retry: none, retries and a fault that passes, retries and one that stays. It runs
in virtual time. Each cell compares the result, the categories of the error, its
attempts, the requests that the server saw and carried out, the deliveries and
the token requests with the retry table of the packages' comments, which is
written down once more in expect_test.go.

The lost responses run over sockets too, where net/http itself makes the errors.

# The soak

TestNoCallIsLostInTwoThousand lets sixteen goroutines make calls in virtual time,
of which every third request runs into a seeded fault. What each caller was told
is compared with what the servers recorded.

# Security

What hostile responses cost in memory, and what a proxy sees.
*/
package survival
