# Reads a form from each line of the standard input, and writes a line for each response.

require "json"

def serve
  $stdout.sync = true
  $stdin.each_line do |line|
    form = JSON.parse(line)
    status, text = yield form["url"], form["parts"]
    puts JSON.generate(status: status, text: text.dup.force_encoding("UTF-8"))
  end
end
