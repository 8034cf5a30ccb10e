require "rest-client"
require_relative "forms"

# It takes the name and the type from a method of the file, as those of Rails have them.
Upload = Struct.new(:file, :original_filename, :content_type) do
  def path = file.path

  def read(...) = file.read(...)
end

serve do |url, parts|
  fields = parts.map do |part|
    file = part["path"] && Upload.new(File.open(part["path"], "rb"), part["fileName"], part["type"])
    [part["name"], file || part["value"]]
  end
  # The block keeps it from raising on a status of an error.
  response = RestClient.post(url, RestClient::ParamsArray.new(fields)) { |received| received }
  [response.code, response.body]
end
