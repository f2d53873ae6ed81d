// The scenario of ../../tests/it/scenario.rs on the Go SDK, the large file through its upload and download managers.
// The step is the argument; the files lie in SCENARIO_FOLDER.
package main

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io/fs"
	"log"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const (
	atOnce    = 16
	partBytes = 16 << 20
	small     = "copy me + 100% #1 é 😀.txt"
)

var (
	ctx    = context.Background()
	bucket = aws.String(setting("R2_BUCKET"))
	folder = setting("SCENARIO_FOLDER")
	client = s3.New(s3.Options{
		Region:           "auto",
		Credentials:      credentials.NewStaticCredentialsProvider(setting("R2_ACCESS_KEY_ID"), setting("R2_SECRET_ACCESS_KEY"), ""),
		EndpointResolver: s3.EndpointResolverFromURL(setting("R2_ENDPOINT")),
		UsePathStyle:     true,
		Retryer:          aws.NopRetryer{},
	})
)

func main() {
	log.SetFlags(0)
	steps := map[string]func() error{
		"upload": upload, "sync": syncTree, "list": list, "copy": copies, "download": download, "fetch": fetch, "delete": deleteAll,
	}
	if len(os.Args) != 2 || steps[os.Args[1]] == nil {
		log.Fatalf("usage: %s <step>", os.Args[0])
	}
	if err := steps[os.Args[1]](); err != nil {
		log.Fatal(err)
	}
}

func setting(name string) string {
	value := os.Getenv(name)
	if value == "" {
		log.Fatalf("%s is not set", name)
	}
	return value
}

func upload() error {
	file, err := os.Open(filepath.Join(folder, "large.bin"))
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = manager.NewUploader(client).Upload(ctx, &s3.PutObjectInput{Bucket: bucket, Key: aws.String("large.bin"), Body: file})
	return err
}

func syncTree() error {
	there := map[string]string{}
	err := objects("tree/", func(object types.Object) { there[*object.Key] = *object.ETag })
	if err != nil {
		return err
	}
	var files []string
	root := filepath.Join(folder, "tree")
	err = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		return err
	}
	return concurrently(files, func(path string) error {
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		body, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		key, sum := "tree/"+name, md5.Sum(body)
		if there[key] == `"`+hex.EncodeToString(sum[:])+`"` {
			return nil
		}
		_, err = client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: &key, Body: bytes.NewReader(body)})
		return err
	})
}

func list() error {
	return objects("tree/", func(object types.Object) { fmt.Println(*object.Key) })
}

func copies() error {
	source := func(key string) *string { return aws.String(*bucket + "/" + strings.ReplaceAll(url.PathEscape(key), "%2F", "/")) }
	_, err := client.CopyObject(ctx, &s3.CopyObjectInput{Bucket: bucket, Key: aws.String("copies/small.txt"), CopySource: source("tree/" + small)})
	if err != nil {
		return err
	}
	head, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: aws.String("large.bin")})
	if err != nil {
		return err
	}
	key := aws.String("copies/large.bin")
	created, err := client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
	if err != nil {
		return err
	}
	var parts []types.CompletedPart
	for start := int64(0); start < head.ContentLength; start += partBytes {
		last, number := start+partBytes-1, int32(len(parts)+1)
		if last >= head.ContentLength {
			last = head.ContentLength - 1
		}
		part, err := client.UploadPartCopy(ctx, &s3.UploadPartCopyInput{
			Bucket: bucket, Key: key, UploadId: created.UploadId, PartNumber: number,
			CopySource: source("large.bin"), CopySourceRange: aws.String(fmt.Sprintf("bytes=%d-%d", start, last)),
		})
		if err != nil {
			return err
		}
		parts = append(parts, types.CompletedPart{PartNumber: number, ETag: part.CopyPartResult.ETag})
	}
	_, err = client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
		Bucket: bucket, Key: key, UploadId: created.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
	})
	return err
}

func download() error {
	return save("copies/large.bin", filepath.Join(folder, "back", "large.bin"))
}

func fetch() error {
	var keys []string
	if err := objects("tree/", func(object types.Object) { keys = append(keys, *object.Key) }); err != nil {
		return err
	}
	return concurrently(keys, func(key string) error { return save(key, filepath.Join(folder, "back", key)) })
}

func save(key, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = manager.NewDownloader(client).Download(ctx, file, &s3.GetObjectInput{Bucket: bucket, Key: &key})
	return err
}

func deleteAll() error {
	var ids []types.ObjectIdentifier
	if err := objects("", func(object types.Object) { ids = append(ids, types.ObjectIdentifier{Key: object.Key}) }); err != nil {
		return err
	}
	for len(ids) > 0 {
		page := ids
		if len(page) > 1000 {
			page = page[:1000]
		}
		ids = ids[len(page):]
		done, err := client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: bucket, Delete: &types.Delete{Objects: page, Quiet: true}})
		if err != nil {
			return err
		}
		if len(done.Errors) > 0 {
			return fmt.Errorf("%d keys were not deleted, the first: %s", len(done.Errors), *done.Errors[0].Message)
		}
	}
	return nil
}

// objects calls visit for each object below the prefix, page by page.
func objects(prefix string, visit func(types.Object)) error {
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		for _, object := range page.Contents {
			visit(object)
		}
	}
	return nil
}

// concurrently works on the items, a few at a time, and returns the first failure.
func concurrently(items []string, work func(string) error) error {
	waiting, failures := make(chan string), make(chan error, len(items))
	var workers sync.WaitGroup
	for i := 0; i < atOnce; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for item := range waiting {
				if err := work(item); err != nil {
					failures <- fmt.Errorf("%s: %w", item, err)
				}
			}
		}()
	}
	for _, item := range items {
		waiting <- item
	}
	close(waiting)
	workers.Wait()
	close(failures)
	return <-failures
}
