import java.io.File;
import java.io.FileInputStream;
import java.util.Set;
import org.apache.http.client.methods.HttpPost;
import org.apache.http.entity.ContentType;
import org.apache.http.entity.mime.HttpMultipartMode;
import org.apache.http.entity.mime.MultipartEntityBuilder;
import org.apache.http.impl.client.HttpClients;
import org.apache.http.util.EntityUtils;

final class SendHttpClient4 {
  public static void main(String[] args) throws Exception {
    var options = Set.of(args);
    var client = HttpClients.createDefault();
    Forms.serve(form -> {
      // In its other modes it writes a question mark for what is not ASCII, unless it is told a charset.
      var entity = MultipartEntityBuilder.create();
      if (!options.contains("strict")) entity.setMode(HttpMultipartMode.RFC6532);
      for (var part : form.parts) {
        var type = part.type == null ? null : ContentType.create(part.type);
        if (part.value != null) {
          entity.addTextBody(part.name, part.value, ContentType.create("text/plain", "UTF-8"));
        } else if (options.contains("stream")) {
          entity.addBinaryBody(part.name, new FileInputStream(part.path), type, part.fileName);
        } else {
          entity.addBinaryBody(part.name, new File(part.path), type, part.fileName);
        }
      }
      var post = new HttpPost(form.url);
      post.setEntity(entity.build());
      try (var response = client.execute(post)) {
        var text = EntityUtils.toString(response.getEntity());
        return new Forms.Response(response.getStatusLine().getStatusCode(), text);
      }
    });
  }
}
