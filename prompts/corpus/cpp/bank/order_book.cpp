#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

// A limit order book that matches by price, then time.

enum class Side { buy, sell };

struct Order {
  std::uint64_t id;
  Side side;
  std::int64_t price;
  std::int64_t quantity;
};

struct Trade {
  std::uint64_t buyer, seller;
  std::int64_t price, quantity;
};

class OrderBook {
 public:
  /// Matches the order against the other side; what is left of it rests in the book.
  std::vector<Trade> submit(Order order) {
    std::vector<Trade> trades;
    if (order.side == Side::buy) {
      match(order, asks_, [&](std::int64_t price) { return price <= order.price; }, trades);
      if (order.quantity > 0) bids_[order.price].push_back(order);
    } else {
      match(order, bids_, [&](std::int64_t price) { return price >= order.price; }, trades);
      if (order.quantity > 0) asks_[order.price].push_back(order);
    }
    return trades;
  }

  std::optional<std::int64_t> best_bid() const {
    if (bids_.empty()) return std::nullopt;
    return bids_.begin()->first;
  }
  std::optional<std::int64_t> best_ask() const {
    if (asks_.empty()) return std::nullopt;
    return asks_.begin()->first;
  }

  bool cancel(std::uint64_t id) { return cancel_in(bids_, id) || cancel_in(asks_, id); }

 private:
  template <typename Book, typename Acceptable>
  static void match(Order& order, Book& book, Acceptable acceptable, std::vector<Trade>& trades) {
    while (order.quantity > 0 && !book.empty() && acceptable(book.begin()->first)) {
      auto& level = book.begin()->second;
      Order& resting = level.front();
      const std::int64_t quantity = std::min(order.quantity, resting.quantity);
      const bool buying = order.side == Side::buy;
      trades.push_back({buying ? order.id : resting.id, buying ? resting.id : order.id, resting.price, quantity});
      order.quantity -= quantity;
      resting.quantity -= quantity;
      if (resting.quantity == 0) level.pop_front();
      if (level.empty()) book.erase(book.begin());
    }
  }

  template <typename Book>
  static bool cancel_in(Book& book, std::uint64_t id) {
    for (auto level = book.begin(); level != book.end(); ++level) {
      for (auto order = level->second.begin(); order != level->second.end(); ++order) {
        if (order->id != id) continue;
        level->second.erase(order);
        if (level->second.empty()) book.erase(level);
        return true;
      }
    }
    return false;
  }

  std::map<std::int64_t, std::deque<Order>, std::greater<>> bids_;
  std::map<std::int64_t, std::deque<Order>> asks_;
};
