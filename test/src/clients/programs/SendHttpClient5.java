import java.io.File;
import java.io.FileInputStream;
import java.util.Set;
import org.apache.hc.client5.http.classic.methods.HttpPost;
import org.apache.hc.client5.http.entity.mime.HttpMultipartMode;
import org.apache.hc.client5.http.entity.mime.MultipartEntityBuilder;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.io.entity.EntityUtils;

import static java.nio.charset.StandardCharsets.UTF_8;

final class SendHttpClient5 {
  public static void main(String[] args) throws Exception {
    var options = Set.of(args);
    var client = HttpClients.createDefault();
    Forms.serve(form -> {
      var entity = MultipartEntityBuilder.create();
      if (options.contains("extended")) entity.setMode(HttpMultipartMode.EXTENDED);
      else if (!options.contains("strict")) entity.setMode(HttpMultipartMode.LEGACY).setCharset(UTF_8);
      for (var part : form.parts) {
        var type = part.type == null ? null : ContentType.create(part.type);
        if (part.value != null) {
          entity.addTextBody(part.name, part.value, ContentType.create("text/plain", UTF_8));
        } else if (options.contains("stream")) {
          entity.addBinaryBody(part.name, new FileInputStream(part.path), type, part.fileName);
        } else {
          entity.addBinaryBody(part.name, new File(part.path), type, part.fileName);
        }
      }
      var post = new HttpPost(form.url);
      post.setEntity(entity.build());
      return client.execute(post, response ->
          new Forms.Response(response.getCode(), EntityUtils.toString(response.getEntity())));
    });
  }
}
