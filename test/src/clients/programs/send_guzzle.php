<?php
require __DIR__ . '/forms.php';
require 'GuzzleHttp/autoload.php';

use GuzzleHttp\Client;
use GuzzleHttp\Psr7\Utils;

$client = new Client(['http_errors' => false]);

serve(function (array $form) use ($client): array {
    $parts = array_map(
        fn (array $part): array => isset($part['value'])
            ? ['name' => $part['name'], 'contents' => $part['value']]
            : [
                'name' => $part['name'],
                'contents' => Utils::tryFopen($part['path'], 'r'),
                'filename' => $part['fileName'],
                'headers' => ['Content-Type' => $part['type']],
            ],
        $form['parts'],
    );
    $response = $client->post($form['url'], ['multipart' => $parts]);
    return [$response->getStatusCode(), (string) $response->getBody()];
});
