//! Chainlink's feeds, as far as we ask them: a price, and what one of the kind OCR owes a node's wallet.

#![allow(missing_debug_implementations)]

alloy::sol! {
    /// `AggregatorV3Interface`, in part.
    #[sol(all_derives)]
    interface Feed {
        function decimals() external view returns (uint8);
        function latestRoundData()
            external
            view
            returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
        /// What it owes a transmitter for its reports; the transmitter's payee may have it paid out.
        function owedPayment(address transmitter) external view returns (uint256);
        function withdrawPayment(address transmitter) external;
        function acceptPayeeship(address transmitter) external;
    }
}

pub use Feed::*;
