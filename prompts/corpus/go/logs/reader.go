// Package logs reads structured log lines of the form: time level message key=value…
package logs

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Record is one line of a log.
type Record struct {
	Time    time.Time
	Level   string
	Message string
	Fields  map[string]string
}

// ParseLine reads one line. Values with spaces are quoted as in Go.
func ParseLine(line string) (Record, error) {
	parts := strings.SplitN(line, " ", 3)
	if len(parts) < 3 {
		return Record{}, fmt.Errorf("want time, level and message: %q", line)
	}
	moment, err := time.Parse(time.RFC3339, parts[0])
	if err != nil {
		return Record{}, err
	}
	record := Record{Time: moment, Level: parts[1], Fields: map[string]string{}}
	var words []string
	rest := parts[2]
	for rest != "" {
		var word string
		word, rest = nextWord(rest)
		key, value, found := strings.Cut(word, "=")
		if !found {
			words = append(words, word)
			continue
		}
		if unquoted, err := strconv.Unquote(value); err == nil {
			value = unquoted
		}
		record.Fields[key] = value
	}
	record.Message = strings.Join(words, " ")
	return record, nil
}

// nextWord splits at the first space that is not inside quotes.
func nextWord(text string) (word, rest string) {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && quoted:
			i++
		case text[i] == '"':
			quoted = !quoted
		case text[i] == ' ' && !quoted:
			return text[:i], strings.TrimLeft(text[i:], " ")
		}
	}
	return text, ""
}

// ReadAll parses all lines and returns the records with the number of lines that could not be read.
func ReadAll(in io.Reader) (records []Record, bad int, err error) {
	scanner := bufio.NewScanner(in)
	for scanner.Scan() {
		line := strings.TrimSpace(scanner.Text())
		if line == "" {
			continue
		}
		record, err := ParseLine(line)
		if err != nil {
			bad++
			continue
		}
		records = append(records, record)
	}
	return records, bad, scanner.Err()
}
