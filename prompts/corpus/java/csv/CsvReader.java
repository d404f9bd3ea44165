package csv;

import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads CSV (RFC 4180) record by record. */
public class CsvReader {
    private final Reader in;
    private final char separator;
    private int pushedBack = -2;
    private int line = 1;

    public CsvReader(Reader in, char separator) {
        this.in = in;
        this.separator = separator;
    }

    private int read() throws IOException {
        int c = pushedBack != -2 ? pushedBack : in.read();
        pushedBack = -2;
        if (c == '\n') {
            line++;
        }
        return c;
    }

    /** The next record, or null at the end. */
    public List<String> next() throws IOException {
        int c = read();
        if (c < 0) {
            return null;
        }
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        while (true) {
            if (quoted) {
                if (c < 0) {
                    throw new IOException("line " + line + ": quote is not closed");
                }
                if (c == '"') {
                    int following = read();
                    if (following == '"') {
                        field.append('"');
                    } else {
                        quoted = false;
                        c = following;
                        continue;
                    }
                } else {
                    field.append((char) c);
                }
            } else if (c == '"' && field.isEmpty()) {
                quoted = true;
            } else if (c == separator) {
                fields.add(field.toString());
                field.setLength(0);
            } else if (c < 0 || c == '\n') {
                fields.add(field.toString());
                return fields;
            } else if (c != '\r') {
                field.append((char) c);
            }
            c = read();
        }
    }

    /** All records as maps by the names in the first one. */
    public List<Map<String, String>> readAll() throws IOException {
        List<Map<String, String>> rows = new ArrayList<>();
        List<String> header = next();
        if (header == null) {
            return rows;
        }
        for (List<String> record = next(); record != null; record = next()) {
            if (record.size() != header.size()) {
                throw new IOException("line " + line + ": want " + header.size() + " fields");
            }
            Map<String, String> row = new LinkedHashMap<>();
            for (int i = 0; i < header.size(); i++) {
                row.put(header.get(i), record.get(i));
            }
            rows.add(row);
        }
        return rows;
    }
}
