import java.io.File;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import okhttp3.MediaType;
import okhttp3.MultipartBody;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okio.BufferedSink;
import okio.Okio;

final class SendOkHttp {
  /** A file whose length it does not know, as that behind a content URI of Android. */
  static RequestBody stream(MediaType type, File file) {
    return new RequestBody() {
      @Override
      public MediaType contentType() {
        return type;
      }

      @Override
      public void writeTo(BufferedSink sink) throws IOException {
        try (var source = Okio.source(file)) {
          sink.writeAll(source);
        }
      }
    };
  }

  public static void main(String[] args) throws Exception {
    var options = Set.of(args);
    var builder = new OkHttpClient.Builder();
    if (options.contains("http2")) builder.protocols(List.of(Protocol.H2_PRIOR_KNOWLEDGE));
    var client = builder.build();
    Forms.serve(form -> {
      var body = new MultipartBody.Builder().setType(MultipartBody.FORM);
      for (var part : form.parts) {
        if (part.value != null) {
          body.addFormDataPart(part.name, part.value);
          continue;
        }
        var type = MediaType.get(part.type);
        var file = new File(part.path);
        var content = options.contains("stream") ? stream(type, file) : RequestBody.create(type, file);
        body.addFormDataPart(part.name, part.fileName, content);
      }
      var request = new Request.Builder().url(form.url).post(body.build()).build();
      try (var response = client.newCall(request).execute()) {
        return new Forms.Response(response.code(), response.body().string());
      }
    });
  }
}
