package main

// usage is what help prints.
const usage = `recover gets back what a receiver of webhooks missed.

  recover                     the whole story on simulators; needs no credentials
  recover plan   -from 2h     what is missing; nothing is asked for again
  recover run    -from 2h     plan, confirm, ask again, prove
  recover run    -id ID       the same for a plan that was made before
  recover resume -id ID       go on with a run that was stopped
  recover verify -id ID       look again; nothing is asked for again
  recover report -id ID       how it stands; nothing is asked at all
  recover        -from 2h     with credentials: only show what would be done; with -yes: run

What to recover (plan, run):
  -from TIME         since when the receiver was down: 2h (ago), now, or RFC 3339
  -to TIME           until when (default now)
  -product NAME      of Celcoin: pix (default) or baas
  -entity NAME       of Celcoin, as pix-payment-in; may be repeated, or a list with
                     commas (default: all known ones of the product)
  -margin 3h         widens the outage: dates may be three hours off; 0 for none
  -window 1h         how much time one question to Celcoin covers
  -max-items N       refuse a larger plan
  -vendor NAME       only celcoin, or only ceffu (default: those with credentials)

How (run, resume; plan and verify take -rate):
  -rate 10           calls a second, of all kinds together; of Ceffu at most 2
  -concurrency 8     replays under way at once
  -canary 3          webhooks that are proven delivered before the rest; 0 for none
  -gate URL          a health URL of the receiver, which must answer 2xx
  -patience 10m      how long to wait for the gate
  -settle 30s        how long a delivery may take after it was accepted
  -yes               do not ask for confirmation; -yes=DIGEST only for the plan whose
                     digest begins so (8 characters or more)

Where:
  -id ID             names the recovery (default: made up from its content)
  -store DIR         where its journal is kept (default recoveries)
  -html FILE         write the report as one page
  -json, -csv        print Celcoin's report as JSON, or its failures as CSV, and
                     everything else to standard error; plan knows -json

Settings are in the environment: CELCOIN_CLIENT_ID, CELCOIN_CLIENT_SECRET,
CELCOIN_BASE_URL (and for production CELCOIN_CLIENT_CERT, CELCOIN_CLIENT_KEY: PEM
text or paths of PEM files, and CELCOIN_CLIENT_KEY_PASSPHRASE of an encrypted key);
CEFFU_API_KEY, CEFFU_API_SECRET, CEFFU_BASE_URL, CEFFU_WEBHOOK_IDS (with commas).
Of a vendor all are needed.

Ceffu is asked once for each event type of each webhook. It tells neither how many
there are nor what arrived, so its numbers are question marks.

Exit codes: 0 nothing is missing (plan, and looking: it could look), 2 usage,
3 refused: nothing was asked for again, 4 partial: something is left, or stopped.
`
