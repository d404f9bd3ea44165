package library;

import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Lends books to members and computes fees for late returns. */
public class Library {
    public record Book(String isbn, String title) {}

    public record Loan(Book book, String member, LocalDate due) {}

    private static final int MAX_LOANS = 3;
    private static final int LOAN_DAYS = 21;
    private static final int CENTS_A_DAY = 20;

    private final Map<String, Book> shelf = new HashMap<>();
    private final Map<String, Loan> loans = new HashMap<>();

    public void add(Book book) {
        if (shelf.containsKey(book.isbn()) || loans.containsKey(book.isbn())) {
            throw new IllegalArgumentException("book exists: " + book.isbn());
        }
        shelf.put(book.isbn(), book);
    }

    public Loan lend(String isbn, String member, LocalDate today) {
        if (loansOf(member).size() >= MAX_LOANS) {
            throw new IllegalStateException(member + " has " + MAX_LOANS + " books");
        }
        Book book = shelf.remove(isbn);
        if (book == null) {
            throw new IllegalStateException("not available: " + isbn);
        }
        Loan loan = new Loan(book, member, today.plusDays(LOAN_DAYS));
        loans.put(isbn, loan);
        return loan;
    }

    /** Takes a book back and returns the fee in cents. */
    public int giveBack(String isbn, LocalDate today) {
        Loan loan = loans.remove(isbn);
        if (loan == null) {
            throw new IllegalStateException("not lent: " + isbn);
        }
        shelf.put(isbn, loan.book());
        long late = ChronoUnit.DAYS.between(loan.due(), today);
        return late > 0 ? (int) late * CENTS_A_DAY : 0;
    }

    public List<Loan> loansOf(String member) {
        List<Loan> found = new ArrayList<>();
        for (Loan loan : loans.values()) {
            if (loan.member().equals(member)) {
                found.add(loan);
            }
        }
        found.sort(Comparator.comparing(Loan::due));
        return found;
    }

    public List<Loan> overdue(LocalDate today) {
        return loans.values().stream()
                .filter(loan -> loan.due().isBefore(today))
                .sorted(Comparator.comparing(Loan::due).thenComparing(loan -> loan.book().title()))
                .toList();
    }

    public Optional<Book> find(String words) {
        String wanted = words.toLowerCase();
        return shelf.values().stream()
                .filter(book -> book.title().toLowerCase().contains(wanted))
                .min(Comparator.comparing(Book::title));
    }
}
