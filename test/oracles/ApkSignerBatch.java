import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.security.Permission;
import java.security.Provider;
import java.security.Security;

/**
 * Runs apksigner many times in one virtual machine, since starting one costs more than the work. Each line of standard
 * input holds the arguments of one run, separated by tabs. Each answer is a line "exit code, bytes that follow" and what
 * apksigner said, on both its outputs.
 */
public class ApkSignerBatch {
  private static final String PSS_PROVIDER = "org.bouncycastle.jce.provider.BouncyCastleProvider";

  private static final class Exit extends SecurityException {
    final int code;

    Exit(int code) {
      this.code = code;
    }
  }

  public static void main(String[] args) throws Exception {
    PrintStream answers = System.out;
    // The virtual machine has no RSA-PSS under the name by which apksigner asks for it.
    Security.addProvider(
        (Provider) Class.forName(PSS_PROVIDER).getDeclaredConstructor().newInstance());
    System.setSecurityManager(
        new SecurityManager() {
          @Override
          public void checkExit(int code) {
            throw new Exit(code);
          }

          @Override
          public void checkPermission(Permission permission) {}
        });
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      ByteArrayOutputStream said = new ByteArrayOutputStream();
      PrintStream output = new PrintStream(said, true, "UTF-8");
      System.setOut(output);
      System.setErr(output);
      int code = 0;
      try {
        com.android.apksigner.ApkSignerTool.main(line.split("\t"));
      } catch (Exit exit) {
        code = exit.code;
      } catch (Exception refusal) {
        output.println(refusal);
        code = 2;
      }
      output.flush();
      answers.println(code + " " + said.size());
      answers.write(said.toByteArray());
      answers.flush();
    }
    // The tool may have left threads behind.
    Runtime.getRuntime().halt(0);
  }
}
