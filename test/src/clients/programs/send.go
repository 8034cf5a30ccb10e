// Sends forms with net/http and mime/multipart.
package main

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"os"
)

type part struct {
	Name, FileName, Path string
	Value                *string
}

type form struct {
	URL   string
	Parts []part
}

type response struct {
	Status int    `json:"status"`
	Text   string `json:"text"`
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func write(parts []part, writer *multipart.Writer) error {
	for _, part := range parts {
		if part.Value != nil {
			if err := writer.WriteField(part.Name, *part.Value); err != nil {
				return err
			}
			continue
		}
		file, err := os.Open(part.Path)
		if err != nil {
			return err
		}
		defer file.Close()
		// Its content type is application/octet-stream.
		into, err := writer.CreateFormFile(part.Name, part.FileName)
		if err != nil {
			return err
		}
		if _, err := io.Copy(into, file); err != nil {
			return err
		}
	}
	return writer.Close()
}

func main() {
	forms := json.NewDecoder(os.Stdin)
	responses := json.NewEncoder(os.Stdout)
	for {
		var form form
		if err := forms.Decode(&form); err == io.EOF {
			return
		} else if err != nil {
			panic(err)
		}
		var body io.Reader
		var writer *multipart.Writer
		if len(os.Args) > 1 && os.Args[1] == "pipe" {
			reader, into := io.Pipe()
			body, writer = reader, multipart.NewWriter(into)
			go func() { into.CloseWithError(write(form.Parts, writer)) }()
		} else {
			buffer := new(bytes.Buffer)
			body, writer = buffer, multipart.NewWriter(buffer)
			if err := write(form.Parts, writer); err != nil {
				panic(err)
			}
		}
		received := must(http.Post(form.URL, writer.FormDataContentType(), body))
		text := must(io.ReadAll(received.Body))
		received.Body.Close()
		if err := responses.Encode(response{received.StatusCode, string(text)}); err != nil {
			panic(err)
		}
	}
}
