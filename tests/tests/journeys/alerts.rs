//! From a sign-up to a message on a phone.

use serde_json::json;
use tests::journey;

const PAGE: &str = "https://shop.example/bikes";

#[test]
fn from_a_sign_up_to_a_message_once() {
    journey(async |system| {
        let watcher = system.watcher("ada", &[PAGE]).await;
        let greeting = system.received(watcher.chat);
        assert_eq!(greeting.len(), 1);
        assert!(greeting[0].contains("You are connected"), "{greeting:?}");
        let offer = json!({
            "page_url": PAGE, "url": "https://shop.example/1", "title": "A city bike",
            "price": "240", "currency": "EUR",
        });
        assert_eq!(system.post(&offer).await["created"], true);
        system.settle().await;
        assert_eq!(system.post(&offer).await["created"], false);
        system.settle().await;
        let received = system.received(watcher.chat);
        assert_eq!(received.len(), 2, "{received:?}");
        assert!(received[1].contains("A city bike") && received[1].contains("240 EUR"));
    });
}
