<?php
require __DIR__ . '/forms.php';
require 'Symfony/Component/HttpClient/autoload.php';
require 'Symfony/Component/Mime/autoload.php';

use Symfony\Component\HttpClient\HttpClient;
use Symfony\Component\Mime\Part\DataPart;
use Symfony\Component\Mime\Part\Multipart\FormDataPart;

$client = HttpClient::create();

serve(function (array $form) use ($client): array {
    $fields = [];
    foreach ($form['parts'] as $part) {
        // As an array of arrays: two parts may have the same name.
        $fields[] = [
            $part['name'] => $part['value']
                ?? new DataPart(fopen($part['path'], 'r'), $part['fileName'], $part['type']),
        ];
    }
    $body = new FormDataPart($fields);
    $response = $client->request('POST', $form['url'], [
        'headers' => $body->getPreparedHeaders()->toArray(),
        'body' => $body->bodyToIterable(),
    ]);
    return [$response->getStatusCode(), $response->getContent(false)];
});
