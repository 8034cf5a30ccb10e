require "net/http"
require_relative "forms"

serve do |url, parts|
  uri = URI(url)
  request = Net::HTTP::Post.new(uri)
  request["Transfer-Encoding"] = "chunked" if ARGV.include?("chunked")
  fields = parts.map do |part|
    next [part["name"], part["value"]] if part["value"]

    [part["name"], File.open(part["path"], "rb"), { filename: part["fileName"], content_type: part["type"] }]
  end
  request.set_form(fields, "multipart/form-data", charset: "UTF-8")
  response = Net::HTTP.start(uri.host, uri.port) { |http| http.request(request) }
  [response.code.to_i, response.body]
end
