# Reads a form from each line of the standard input, and writes a line for each response.
package Forms;

use strict;
use warnings;
use JSON::PP;

sub serve {
    my ($send) = @_;
    # Names as bytes of UTF-8: what these clients put into a form.
    my $bytes = sub { my ($text) = @_; utf8::encode($text); $text };
    $| = 1;
    while (my $line = <STDIN>) {
        my $form = decode_json($line);
        my @parts = map { my $part = $_; +{ map { $_ => $bytes->($part->{$_}) } keys %$part } } @{ $form->{parts} };
        my ($status, $text) = $send->($form->{url}, \@parts);
        utf8::decode($text);
        print encode_json({ status => $status + 0, text => $text }), "\n";
    }
}

1;
