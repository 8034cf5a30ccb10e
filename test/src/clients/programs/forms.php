<?php
// Reads a form from each line of the standard input, and writes a line for each response.

function serve(callable $send): void
{
    // Its input is a socket, which PHP gives up after a minute of silence.
    stream_set_timeout(STDIN, 24 * 60 * 60);
    while (($line = fgets(STDIN)) !== false) {
        [$status, $text] = $send(json_decode($line, true, flags: JSON_THROW_ON_ERROR));
        echo json_encode(['status' => $status, 'text' => $text], JSON_THROW_ON_ERROR), "\n";
    }
}
