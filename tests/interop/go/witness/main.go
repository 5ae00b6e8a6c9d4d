// Holds witnesses of Selvedge against software that knows nothing of them: notes that they cosigned and
// policies are read by torchwood, a checkpoint of Selvedge is cosigned by torchwood, and a log kept by
// x/mod is submitted to a witness of Selvedge. Reads one job from standard input.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type Job struct {
	// Cases are notes, each with a policy that it meets or does not.
	Cases []Case
	// Cosign is a signed checkpoint, to be cosigned here; LogVkey is its log's.
	Cosign, LogVkey string
	// Witness is the address of a running witness, and Logs the file of those that it witnesses.
	Witness, WitnessVkey, Logs string
}

type Case struct{ Name, Policy, Note string }

type Answer struct {
	Cases []Result
	// Cosigned is the checkpoint with the cosignature of Vkey.
	Cosigned, Vkey string
	Submissions    []Submission
}

type Result struct {
	Name, Error string
	OK          bool
}

type Submission struct {
	Name     string
	Status   int
	Body     string
	Verified bool
}

func main() {
	var job Job
	must(json.NewDecoder(os.Stdin).Decode(&job))
	var answer Answer
	for _, c := range job.Cases {
		err := meets(c)
		result := Result{Name: c.Name, OK: err == nil}
		if err != nil {
			result.Error = err.Error()
		}
		answer.Cases = append(answer.Cases, result)
	}
	answer.Cosigned, answer.Vkey = cosign(job)
	answer.Submissions = submit(job)
	must(json.NewEncoder(os.Stdout).Encode(answer))
}

func meets(c Case) error {
	policy, err := torchwood.ParsePolicy([]byte(c.Policy))
	if err != nil {
		return err
	}
	_, _, err = torchwood.VerifyCheckpoint([]byte(c.Note), policy)
	return err
}

func cosign(job Job) (cosigned, vkey string) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	must(err)
	signer, err := torchwood.NewCosignatureSigner("go.example/w", key)
	must(err)
	log, err := note.NewVerifier(job.LogVkey)
	must(err)
	n, err := note.Open([]byte(job.Cosign), note.VerifierList(log))
	must(err)
	signed, err := note.Sign(n, signer)
	must(err)
	return string(signed), signer.Verifier().String()
}

// log is a tree of x/mod, whose leaves from a place on may be others than those of another view.
type log struct {
	hashes []tlog.Hash
	size   int64
}

func (l *log) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	read := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		read[i] = l.hashes[index]
	}
	return read, nil
}

func (l *log) grow(size int64, what func(int64) string) *log {
	for ; l.size < size; l.size++ {
		hashes, err := tlog.StoredHashes(l.size, []byte(what(l.size)), l)
		must(err)
		l.hashes = append(l.hashes, hashes...)
	}
	return l
}

const origin = "go.example/log"

func submit(job Job) []Submission {
	skey, vkey, err := note.GenerateKey(rand.Reader, origin)
	must(err)
	must(os.WriteFile(job.Logs, []byte(vkey+"\n"), 0o600))
	signer, err := note.NewSigner(skey)
	must(err)
	verifier, err := note.NewVerifier(vkey)
	must(err)
	witness, err := torchwood.NewCosignatureVerifier(job.WitnessVkey)
	must(err)
	known := note.VerifierList(verifier, witness)

	signed := func(l *log, size int64) []byte {
		root, err := tlog.TreeHash(size, l)
		must(err)
		c := torchwood.Checkpoint{Origin: origin, Tree: tlog.Tree{N: size, Hash: root}}
		n, err := note.Sign(&note.Note{Text: c.String()}, signer)
		must(err)
		return n
	}
	one := func(name string, l *log, old, size int64) Submission {
		body := new(bytes.Buffer)
		fmt.Fprintf(body, "old %d\n", old)
		if old > 0 && old < size {
			proof, err := tlog.ProveTree(size, old, l)
			must(err)
			for _, hash := range proof {
				fmt.Fprintln(body, hash)
			}
		}
		text := signed(l, size)
		body.WriteString("\n")
		body.Write(text)
		response, err := http.Post(job.Witness+"/add-checkpoint", "", body)
		must(err)
		defer response.Body.Close()
		told, err := io.ReadAll(response.Body)
		must(err)
		s := Submission{Name: name, Status: response.StatusCode, Body: strings.TrimSpace(string(told))}
		if response.StatusCode == http.StatusOK {
			n, err := note.Open(append(text, told...), known)
			s.Verified = err == nil && len(n.Sigs) == 2
			s.Body = ""
		}
		return s
	}

	honest := func(i int64) string { return fmt.Sprintf("leaf %d", i) }
	view := new(log).grow(1000, honest)
	fork := new(log).grow(200, honest).grow(1000, func(i int64) string { return fmt.Sprintf("other %d", i) })
	return []Submission{
		one("first", view, 0, 1),
		one("second", view, 1, 255),
		one("third", view, 255, 700),
		one("again", view, 700, 700),
		one("back", view, 255, 600),
		one("fork", fork, 700, 900),
		one("fork at the size", fork, 700, 700),
		one("on", view, 700, 1000),
	}
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
