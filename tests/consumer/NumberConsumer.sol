// SPDX-License-Identifier: MIT
pragma solidity 0.8.19;

import {Chainlink} from "@chainlink/contracts/src/v0.8/operatorforwarder/Chainlink.sol";
import {ChainlinkClient} from "@chainlink/contracts/src/v0.8/operatorforwarder/ChainlinkClient.sol";

/// @title NumberConsumer
/// @notice Somebody who pays LINK for a number: it asks a node through its Operator, and says what was answered. For development
/// chains: whoever calls it spends its LINK.
contract NumberConsumer is ChainlinkClient {
    /// @notice What was answered to each request.
    mapping(bytes32 requestId => uint256 number) public answers;

    event Asked(bytes32 indexed requestId, address indexed operator, bytes32 indexed jobId, uint256 payment);
    event Answered(bytes32 indexed requestId, uint256 number);

    error Unwanted();

    /// @param link The LINK token that it pays in
    constructor(address link) {
        _setChainlinkToken(link);
    }

    /// @notice Asks for a number with a request whose answer has several words: the node answers with `fulfillOracleRequest2`.
    /// @param operator The Operator of the node
    /// @param jobId The `externalJobID` of the node's job, as 32 bytes
    /// @param payment Juels for the answer
    function ask(address operator, bytes32 jobId, uint256 payment) external returns (bytes32 requestId) {
        return _ask(operator, jobId, payment, this.answer.selector);
    }

    /// @notice Asks, and refuses the answer when it comes: the Operator keeps the payment all the same.
    function askInVain(address operator, bytes32 jobId, uint256 payment) external returns (bytes32 requestId) {
        return _ask(operator, jobId, payment, this.refuse.selector);
    }

    /// @notice Called by the Operator that was asked, and by nobody else.
    function answer(bytes32 requestId, uint256 number) external recordChainlinkFulfillment(requestId) {
        answers[requestId] = number;
        emit Answered(requestId, number);
    }

    function refuse(bytes32, uint256) external pure {
        revert Unwanted();
    }

    /// @notice Takes the payment of a request back that nobody has answered in time.
    /// @param expiration The second from which it may, as the Operator's event `OracleRequest` told
    function cancel(bytes32 requestId, uint256 payment, uint256 expiration) external {
        _cancelChainlinkRequest(requestId, payment, this.answer.selector, expiration);
    }

    function _ask(address operator, bytes32 jobId, uint256 payment, bytes4 callback) private returns (bytes32 requestId) {
        Chainlink.Request memory request = _buildOperatorRequest(jobId, callback);
        requestId = _sendOperatorRequestTo(operator, request, payment);
        emit Asked(requestId, operator, jobId, payment);
    }
}
