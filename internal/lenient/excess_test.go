package lenient_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/reenvio/reenvio-go/internal/lenient"
)

func TestAListBeyondAllMeasureIsNotDecoded(t *testing.T) {
	t.Parallel()
	const most = 50_000
	many := strings.Repeat(",0", most)
	for name, tc := range map[string]struct {
		data   string
		decode bool
	}{
		"as many elements as may be":           {`[0` + strings.Repeat(",0", most-1) + `]`, true},
		"one more":                             {`[0` + many + `]`, false},
		"in several lists":                     {`{"a":[0` + many[:most] + `],"b":[[0` + many[:most] + `]]}`, false},
		"commas in a string":                   {`["` + many + `"]`, true},
		"commas behind an escaped quote":       {`["\"` + many + `\\",0]`, true},
		"members do not count":                 {`{"a":0` + strings.Repeat(`,"a":0`, most) + `}`, true},
		"members within a list":                {`[{"a":0` + strings.Repeat(`,"a":0`, most) + `}]`, true},
		"elements within a member":             {`{"a":[0` + many + `]}`, false},
		"a long string of digits":              {`"` + strings.Repeat("1", 5<<20) + `"`, true},
		"a long number":                        {`[` + strings.Repeat("1", 5<<20) + `]`, false},
		"a long fraction":                      {`[1.` + strings.Repeat("1", 5<<20) + `]`, false},
		"a string that does not end":           {many + `"` + many, false},
		"a backslash at the end":               {many + `"\`, false},
		"deeper than anything is decoded":      {strings.Repeat("[", 20_000) + many, false},
		"brackets that close what is not open": {"]]" + many, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var v any
			_, err := lenient.Unmarshal([]byte(tc.data), &v)
			if tc.decode {
				require.NoError(t, err)
			} else {
				require.Error(t, err)
				assert.Nil(t, v)
			}
		})
	}
}
