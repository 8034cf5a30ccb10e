<?php
require __DIR__ . '/forms.php';

serve(function (array $form): array {
    $fields = [];
    foreach ($form['parts'] as $part) {
        $fields[$part['name']] = $part['value'] ?? new CURLFile($part['path'], $part['type'], $part['fileName']);
    }
    $curl = curl_init($form['url']);
    curl_setopt_array($curl, [CURLOPT_POSTFIELDS => $fields, CURLOPT_RETURNTRANSFER => true]);
    $text = curl_exec($curl);
    if ($text === false) {
        throw new Exception(curl_error($curl));
    }
    return [curl_getinfo($curl, CURLINFO_RESPONSE_CODE), $text];
});
