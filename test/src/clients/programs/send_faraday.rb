require "faraday"
require_relative "forms"

serve do |url, parts|
  connection = Faraday.new do |builder|
    builder.request :multipart, flat_encode: true
    builder.adapter :net_http
  end
  fields = parts.group_by { |part| part["name"] }.transform_values do |ones|
    values = ones.map { |part| part["value"] || Faraday::FilePart.new(part["path"], part["type"], part["fileName"]) }
    values.one? ? values.first : values
  end
  response = connection.post(url, fields)
  [response.status, response.body]
end
