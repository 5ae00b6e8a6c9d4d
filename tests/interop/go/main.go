// Verifies what a Selvedge server serves and says with nothing of Selvedge's own: a log over HTTP, its
// checkpoints, and proofs. Reads one job from standard input and prints one result a check.
package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"filippo.io/torchwood"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Job is everything to be verified; what is marked with Want false must be refused.
type Job struct {
	Vkey string
	// Logs are addresses to crawl; Earlier are signed checkpoints that each must have grown from.
	Logs    []Log
	Earlier []string
	// Notes are signed checkpoints.
	Notes         []Text
	Proofs        []Leaf
	Inclusions    []Inclusion
	Consistencies []Consistency
}

type Log struct {
	Name, URL string
	Want      bool
}

type Text struct {
	Name, Text string
	Want       bool
}

// Leaf is a tlog-proof with the leaf that it is for.
type Leaf struct {
	Name, Text, Leaf string
	Want             bool
}

// Inclusion and Consistency have hashes in base64url, as GraphQL gives them.
type Inclusion struct {
	Name        string
	Index, Size uint64
	Leaf, Root  string
	Path        []string
	Want        bool
}

type Consistency struct {
	Name             string
	From, To         uint64
	FromRoot, ToRoot string
	Path             []string
	Want             bool
}

type Result struct {
	Name  string `json:"name"`
	Want  bool   `json:"want"`
	OK    bool   `json:"ok"`
	Error string `json:"error,omitempty"`
}

func main() {
	var job Job
	if err := json.NewDecoder(os.Stdin).Decode(&job); err != nil {
		fail(err)
	}
	verifier, err := note.NewVerifier(job.Vkey)
	if err != nil {
		fail(err)
	}
	policy := torchwood.ThresholdPolicy(2,
		torchwood.OriginPolicy(verifier.Name()), torchwood.SingleVerifierPolicy(verifier))
	results := []Result{}
	add := func(name string, want bool, err error) {
		result := Result{Name: name, Want: want, OK: err == nil}
		if err != nil {
			result.Error = err.Error()
		}
		results = append(results, result)
	}
	for _, log := range job.Logs {
		add(log.Name, log.Want, crawl(log.URL, verifier, policy, job.Earlier))
	}
	for _, n := range job.Notes {
		_, err := open([]byte(n.Text), verifier, policy)
		add(n.Name, n.Want, err)
	}
	for _, p := range job.Proofs {
		leaf := tlog.RecordHash([]byte(p.Leaf))
		add(p.Name, p.Want, torchwood.VerifyProof(policy, leaf, []byte(p.Text)))
	}
	for _, i := range job.Inclusions {
		add(i.Name, i.Want, i.verify())
	}
	for _, c := range job.Consistencies {
		add(c.Name, c.Want, c.verify())
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// open verifies a checkpoint by torchwood and by x/mod, which must read the same.
func open(signed []byte, verifier note.Verifier, policy torchwood.Policy) (tlog.Tree, error) {
	c, _, err := torchwood.VerifyCheckpoint(signed, policy)
	if err != nil {
		return tlog.Tree{}, err
	}
	n, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	if n.Text != c.String() || c.Extension != "" {
		return tlog.Tree{}, errors.New("torchwood and x/mod read two texts")
	}
	return c.Tree, nil
}

// crawl reads every entry and every tile of a log, and proves its earlier checkpoints and some records
// from the tiles.
func crawl(url string, verifier note.Verifier, policy torchwood.Policy, earlier []string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	fetcher, err := torchwood.NewTileFetcher(url)
	if err != nil {
		return err
	}
	signed, err := fetcher.ReadEndpoint(ctx, "checkpoint")
	if err != nil {
		return err
	}
	tree, err := open(signed, verifier, policy)
	if err != nil {
		return err
	}
	entries, stored, err := readEntries(ctx, fetcher, tree)
	if err != nil {
		return err
	}
	for _, tile := range tlog.NewTiles(torchwood.TileHeight, 0, tree.N) {
		served, err := fetcher.ReadEndpoint(ctx, torchwood.TilePath(tile))
		if err != nil {
			return err
		}
		made, err := tlog.ReadTileData(tile, stored)
		if err != nil {
			return err
		}
		if !bytes.Equal(served, made) {
			return fmt.Errorf("%s is not what the entries make", torchwood.TilePath(tile))
		}
	}
	tiles := torchwood.TileHashReaderWithContext(ctx, tree, fetcher)
	for _, text := range earlier {
		old, err := open([]byte(text), verifier, policy)
		if err != nil {
			return err
		}
		p, err := tlog.ProveTree(tree.N, old.N, tiles)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(p, tree.N, tree.Hash, old.N, old.Hash); err != nil {
			return err
		}
	}
	for i := int64(0); i < tree.N; i += 1 + tree.N/97 {
		p, err := tlog.ProveRecord(tree.N, i, tiles)
		if err != nil {
			return err
		}
		hash := tlog.RecordHash(entries[i])
		if err := tlog.CheckRecord(p, tree.N, tree.Hash, i, hash); err != nil {
			return err
		}
	}
	return nil
}

// readEntries reads all entries with torchwood's client, and builds the tree from them twice: by x/mod
// and by transparency-dev.
func readEntries(ctx context.Context, fetcher *torchwood.TileFetcher, tree tlog.Tree) ([][]byte, tlog.HashReader, error) {
	client, err := torchwood.NewClient(fetcher)
	if err != nil {
		return nil, nil, err
	}
	entries := [][]byte{}
	hashes := []tlog.Hash{}
	stored := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			if index >= int64(len(hashes)) {
				return nil, fmt.Errorf("hash %d is not stored", index)
			}
			found[i] = hashes[index]
		}
		return found, nil
	})
	factory := compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}
	rng := factory.NewEmptyRange(0)
	for i, entry := range client.AllEntries(ctx, tree, 0) {
		if i != int64(len(entries)) {
			return nil, nil, fmt.Errorf("entry %d came as %d", len(entries), i)
		}
		entry = bytes.Clone(entry)
		more, err := tlog.StoredHashes(i, entry, stored)
		if err != nil {
			return nil, nil, err
		}
		hashes = append(hashes, more...)
		entries = append(entries, entry)
		if err := rng.Append(rfc6962.DefaultHasher.HashLeaf(entry), nil); err != nil {
			return nil, nil, err
		}
	}
	if err := client.Err(); err != nil {
		return nil, nil, err
	}
	if int64(len(entries)) != tree.N {
		return nil, nil, fmt.Errorf("%d entries of %d", len(entries), tree.N)
	}
	byMod, err := tlog.TreeHash(tree.N, stored)
	if err != nil {
		return nil, nil, err
	}
	byTransparency, err := rng.GetRootHash(nil)
	if err != nil {
		return nil, nil, err
	}
	if byMod != tree.Hash || !bytes.Equal(byTransparency, tree.Hash[:]) {
		return nil, nil, errors.New("the entries have another root")
	}
	return entries, stored, nil
}

func (i Inclusion) verify() error {
	hashes, err := decode(append([]string{i.Leaf, i.Root}, i.Path...))
	if err != nil {
		return err
	}
	return proof.VerifyInclusion(rfc6962.DefaultHasher, i.Index, i.Size, hashes[0], hashes[2:], hashes[1])
}

// verify checks a consistency proof by transparency-dev and by x/mod.
func (c Consistency) verify() error {
	hashes, err := decode(append([]string{c.FromRoot, c.ToRoot}, c.Path...))
	if err != nil {
		return err
	}
	from, to, path := hashes[0], hashes[1], hashes[2:]
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, c.From, c.To, path, from, to); err != nil {
		return err
	}
	p := make(tlog.TreeProof, len(path))
	for i, hash := range path {
		p[i] = tlog.Hash(hash)
	}
	return tlog.CheckTree(p, int64(c.To), tlog.Hash(to), int64(c.From), tlog.Hash(from))
}

func decode(texts []string) ([][]byte, error) {
	hashes := make([][]byte, len(texts))
	for i, text := range texts {
		hash, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimSpace(text))
		if err != nil || len(hash) != tlog.HashSize {
			return nil, fmt.Errorf("%q is no hash", text)
		}
		hashes[i] = hash
	}
	return hashes, nil
}
