require "http"
require_relative "forms"

serve do |url, parts|
  fields = parts.group_by { |part| part["name"] }.transform_values do |ones|
    values = ones.map do |part|
      next part["value"] if part["value"]

      HTTP::FormData::File.new(part["path"], filename: part["fileName"], content_type: part["type"])
    end
    values.one? ? values.first : values
  end
  response = HTTP.post(url, form: fields)
  [response.code, response.to_s]
end
