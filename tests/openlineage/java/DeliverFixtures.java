import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.openlineage.client.OpenLineage;
import io.openlineage.client.OpenLineageClient;
import io.openlineage.client.OpenLineageClientUtils;
import io.openlineage.client.transports.HttpConfig;
import io.openlineage.client.transports.HttpTransport;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Delivers the events of files, one a line, with the public OpenLineage client. */
public class DeliverFixtures {
  public static void main(String[] arguments) throws Exception {
    var config = new HttpConfig();
    config.setUrl(URI.create(arguments[0]));
    config.setHeaders(Map.of("x-selvedge-tenant", arguments[1]));
    var json = new ObjectMapper();
    try (var client = new OpenLineageClient(new HttpTransport(config))) {
      for (int i = 2; i < arguments.length; i++) {
        for (String line : Files.readAllLines(Path.of(arguments[i]))) {
          var event = json.readTree(line);
          if (event.has("run")) {
            client.emit(OpenLineageClientUtils.runEventFromJson(line));
          } else if (event.has("job")) {
            client.emit(OpenLineageClientUtils.fromJson(line, new TypeReference<OpenLineage.JobEvent>() {}));
          } else {
            client.emit(OpenLineageClientUtils.fromJson(line, new TypeReference<OpenLineage.DatasetEvent>() {}));
          }
        }
      }
    }
  }
}
