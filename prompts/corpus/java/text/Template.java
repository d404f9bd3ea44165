package text;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Text with placeholders such as ${name} and ${name|upper}; "$$" stands for one dollar sign. */
public final class Template {
    private interface Part {
        String render(Map<String, ?> values);
    }

    private static final Map<String, Function<String, String>> FILTERS = Map.of(
            "upper", String::toUpperCase,
            "lower", String::toLowerCase,
            "trim", String::strip);

    private final List<Part> parts = new ArrayList<>();

    public static Template parse(String source) {
        Template template = new Template();
        StringBuilder text = new StringBuilder();
        int at = 0;
        while (at < source.length()) {
            if (source.startsWith("$$", at)) {
                text.append('$');
                at += 2;
            } else if (source.startsWith("${", at)) {
                int end = source.indexOf('}', at);
                if (end < 0) {
                    throw new IllegalArgumentException("missing } after position " + at);
                }
                template.addText(text);
                template.addPlaceholder(source.substring(at + 2, end));
                at = end + 1;
            } else {
                text.append(source.charAt(at++));
            }
        }
        template.addText(text);
        return template;
    }

    private void addText(StringBuilder text) {
        if (text.length() > 0) {
            String fixed = text.toString();
            parts.add(values -> fixed);
            text.setLength(0);
        }
    }

    private void addPlaceholder(String expression) {
        String[] pieces = expression.split("\\|");
        String name = pieces[0].strip();
        List<Function<String, String>> filters = new ArrayList<>();
        for (int i = 1; i < pieces.length; i++) {
            Function<String, String> filter = FILTERS.get(pieces[i].strip());
            if (filter == null) {
                throw new IllegalArgumentException("unknown filter: " + pieces[i].strip());
            }
            filters.add(filter);
        }
        parts.add(values -> {
            Object value = values.get(name);
            if (value == null) {
                throw new IllegalStateException("no value for " + name);
            }
            String result = value.toString();
            for (Function<String, String> filter : filters) {
                result = filter.apply(result);
            }
            return result;
        });
    }

    public String render(Map<String, ?> values) {
        StringBuilder out = new StringBuilder();
        for (Part part : parts) {
            out.append(part.render(values));
        }
        return out.toString();
    }
}
