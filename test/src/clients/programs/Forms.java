import com.google.gson.Gson;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.List;

import static java.nio.charset.StandardCharsets.UTF_8;

/** Reads a form from each line of the standard input, and writes a line for each response. */
final class Forms {
  static final class Part {
    String name, value, fileName, type, path;
  }

  static final class Form {
    String url;
    List<Part> parts;
  }

  record Response(int status, String text) {}

  interface Client {
    Response send(Form form) throws Exception;
  }

  static void serve(Client client) throws Exception {
    var gson = new Gson();
    var lines = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    var output = new PrintStream(System.out, true, UTF_8);
    for (String line; (line = lines.readLine()) != null; ) {
      var response = client.send(gson.fromJson(line, Form.class));
      output.println(gson.toJson(response));
    }
  }
}
