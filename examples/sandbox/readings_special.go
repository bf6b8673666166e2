package main

import (
	"errors"
	"strconv"
	"strings"

	"github.com/reenvio/reenvio-go/ceffu/ceffutest"
	"github.com/reenvio/reenvio-go/celcoin/celcointest"
)

// takeBlocking reads "20/50".
func takeBlocking(s *settings, value string) error {
	webhook, event, _ := strings.Cut(value, "/")
	perWebhook, errWebhook := strconv.Atoi(webhook)
	perEvent, errEvent := strconv.Atoi(event)
	if errWebhook != nil || errEvent != nil || perWebhook < 0 || perEvent < 0 {
		return errors.New("want two numbers, as 20/50; 0 is no limit")
	}
	add(s, celcointest.WithBlocking(perWebhook, perEvent))
	return nil
}

// takeStatus reads "G20012/200".
func takeStatus(s *settings, value string) error {
	code, number, _ := strings.Cut(value, "/")
	status, err := strconv.Atoi(number)
	if code == "" || err != nil || status < 200 || status > 999 {
		return errors.New("want a code with its status, as G20012/200")
	}
	add(s, ceffutest.WithStatus(code, status))
	return nil
}

func takeSuspended(s *settings, value string) error {
	known := map[string]ceffutest.SuspendedResend{
		"ignored": ceffutest.ResendIgnored, "refused": ceffutest.ResendRefused, "delivered": ceffutest.ResendDelivered,
	}
	what, ok := known[value]
	if !ok {
		return errors.New("want ignored, refused or delivered")
	}
	add(s, ceffutest.WithSuspendedResend(what))
	return nil
}

func takeUnknownWebhook(s *settings, value string) error {
	if value == "" {
		return errors.New("want a code")
	}
	add(s, ceffutest.WithUnknownWebhook(value))
	return nil
}
