use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Forms;
use HTTP::Request::Common qw(POST $DYNAMIC_FILE_UPLOAD);
use LWP::UserAgent;

# With it, a file is read while it is sent; without, the form is in memory first.
$DYNAMIC_FILE_UPLOAD = 1 if grep { $_ eq 'dynamic' } @ARGV;
my $agent = LWP::UserAgent->new;

Forms::serve(sub {
    my ($url, $parts) = @_;
    my @fields = map {
        $_->{name} => $_->{value} // [$_->{path}, $_->{fileName}, 'Content-Type' => $_->{type}]
    } @$parts;
    my $response = $agent->request(POST($url, \@fields, 'Content-Type' => 'form-data'));
    return ($response->code, $response->content);
});
