/*
Package survival shows that both clients come through whatever a network or a
server does to them. It has tests only, and uses the clients as anybody would:
through their public API, against package ceffutest and package celcointest, or
against a server that sends any bytes whatever.

# The table

TestEveryFaultInEveryCallComesToItsExpectedEnd crosses every fault that the
simulators know, and connections that do not come about, with

  - every public call: ceffu's resend; celcoin's token, before a count and before
    a replay, count, list, iteration, replay, and replay at least once
  - no retries; retries and a fault that passes; retries and one that stays
  - HTTP/1.1, HTTP/2 over TLS, and the simulators' direct transport in virtual time

Each cell compares the result, the categories of the error, whether it is an
*Error, its attempts, the requests that the server saw and carried out, the
deliveries, the token requests and the connections. What is expected comes from
the retry table of the packages' comments, which is written down once more in
expect_test.go; a fault says in one line what it means, with its exceptions
beside it. No cell may leave a goroutine or a connection in use behind.

Two things are worth knowing when reading it. A server that hangs is waited for
in virtual time only, where it ends in the attempt timeout; over sockets the
caller leaves. And net/http itself repeats a GET whose connection had served
before and ends without a byte of an answer: one request more over there.

# The soak

TestNoCallIsLostInTwentyThousand lets sixteen goroutines make 20,000 calls over
real sockets, of which every third request runs into a seeded fault. What each
caller was told is compared with what the servers recorded.

# Properties

A fault between two pages of a listing is here, and so are listings of servers
that do not say how many webhooks there are, that cap them for good, that grow
for ever and that lie. Other properties are tested where what they are about is:

  - a listing is seen once and whole for any page size, limit and total: package
    celcoin, TestWebhooksListsEachWebhookOnceForAnySizeLimitAndTotal
  - it comes to an end whatever its pages say: package celcoin,
    TestWebhooksComesToAnEndWhateverThePagesSay
  - timestamps increase and no signature repeats: package ceffu,
    TestTimestampsOf64GoroutinesIncreaseAndNoSignatureRepeats and
    TestTimestampsIncreaseWhateverFails
  - what is signed is what is sent, for any legal argument: package ceffu,
    TestAnyLegalArgumentArrivesAsGivenAndIsSignedAsSent
  - a query decodes to its arguments, over real HTTP: package celcoin,
    TestEveryArgumentDecodesToWhatWasGiven; through the direct transport: here

# Security

Where credentials go, what a hostile answer costs, and what of its text comes to
be printed. The table in .github/SECURITY.md has the results.

# Time

The ordinary run takes less than a minute on two cores. Under the race detector
rows that are like another are left out, the soak makes an eighth of its calls,
and no memory is measured.
*/
package survival
