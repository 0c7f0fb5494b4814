use super::*;

/// As a node's documentation writes it.
const LOG: &str = r#"
    log [type="ethabidecodelog" abi="OracleRequest(bytes32 indexed specId, address requester, bytes32 requestId, uint256 payment,
        address callbackAddr, bytes4 callbackFunctionId, uint256 cancelExpiration, uint256 dataVersion, bytes data)"
        data="$(jobRun.logData)" topics="$(jobRun.logTopics)"]"#;
const SEND: &str = r#"
    answer [type="ethabiencode" abi="(bytes32 requestId, uint256 value)"
        data="{\"requestId\": $(log.requestId), \"value\": $(number)}"]
    fulfil [type="ethabiencode"
        abi="fulfillOracleRequest2(bytes32 requestId, uint256 payment, address callbackAddress, bytes4 callbackFunctionId, uint256 expiration, bytes calldata data)"
        data="{\"requestId\": $(log.requestId), \"payment\": $(log.payment), \"callbackAddress\": $(log.callbackAddr),
               \"callbackFunctionId\": $(log.callbackFunctionId), \"expiration\": $(log.cancelExpiration), \"data\": $(answer)}"]
    submit [type="ethtx" to="0x5FbDB2315678afecb367f032d93F642f64180aa3" data="$(fulfil)"]
    log -> number -> answer -> fulfil -> submit"#;
const FIXED: &str = r#"number [type="multiply" input="42" times="10"]"#;
const BRIDGE: &str = r#"
    ask    [type="bridge" name="Weather" requestData="{\"city\": \"Bern\"}"]
    parse  [type="jsonparse" path="data,result" data="$(ask)"]
    number [type="multiply" input="$(parse)" times="100"]
    log -> ask -> parse"#;

fn plan(number: &str, send: &str) -> Result<Plan, String> {
    Plan::of(&Pipeline::parse(&format!("{LOG}\n{number}\n{send}")).unwrap())
}

#[test]
fn a_number_stands_in_the_job_or_comes_from_a_bridge() {
    let fixed = plan(FIXED, SEND).unwrap();
    assert_eq!(fixed.number, Number::Fixed(Decimal::parse("420").unwrap()));
    assert_eq!((fixed.gas_limit, fixed.min_confirmations, fixed.fail_on_revert), (None, None, false));
    let bridge = plan(BRIDGE, SEND).unwrap();
    let Number::Bridge { task, name, request_data, path, times } = bridge.number else { panic!("{bridge:?}") };
    assert_eq!((task.as_str(), name.as_str(), path), ("ask", "weather", vec!["data".to_owned(), "result".to_owned()]));
    assert_eq!((Value::Object(request_data), times), (serde_json::json!({ "city": "Bern" }), Decimal::parse("100").ok()));
    let send =
        SEND.replace("data=\"$(fulfil)\"", r#"data="$(fulfil)" gasLimit="600000" minConfirmations="2" failOnRevert="true""#);
    let plan = plan(FIXED, &send).unwrap();
    assert_eq!((plan.gas_limit, plan.min_confirmations, plan.fail_on_revert), (Some(600_000), Some(2), true));
}

#[test]
fn what_the_stand_in_does_not_run_is_said_in_a_sentence() {
    let check = |number: &str, from: &str, to: &str, words: &str| {
        assert!(SEND.contains(from), "{from}");
        let refusal = plan(number, &SEND.replace(from, to)).expect_err(words);
        assert!(refusal.contains(words), "{words}: {refusal}");
    };
    check("number [type=median values=<[1]>]", "", "", "runs no task of type median");
    check(r#"number [type="multiply" input="$(log.data)" times="1"]"#, "", "", "`input`: can't convert");
    check(r#"number [type="jsonparse" path="a" data="$(log)"]"#, "", "", "the number must come from");
    check(FIXED, "$(number)", "$(log.payment)", "`value` from $(number) alone");
    check(FIXED, "uint256 value)", "int256 value)", "encodes (bytes32, uint256) here");
    check(FIXED, "fulfillOracleRequest2(", "fulfillOracleRequest(", "encodes fulfillOracleRequest2(");
    check(FIXED, "\\\"expiration\\\": $(log.cancelExpiration)", "\\\"expiration\\\": 5", "`expiration` from");
    check(FIXED, "0x5FbDB2315678afecb367f032d93F642f64180aa3", "$(jobRun.logAddress)", "`to` must be an address");
    check(&BRIDGE.replace("Bern", "$(log.data)").replace("\\\"$", "$").replace(")\\\"", ")"), "", "", "without variables");
}
